using System.Runtime.CompilerServices;
using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>Finds out why an append was not written. Asked only then, and where the append was sent: alone, or in the caller's transaction.</summary>
internal sealed class AppendInquiry(Func<string, NpgsqlCommand> commandOf)
{
    /// <summary>The result of an earlier try: when the very events stand there already, it succeeded and its answer was lost.</summary>
    /// <returns>The result; null when the stream is not there any more, because its tenant has moved: then the append is to be sent anew.</returns>
    /// <exception cref="ConcurrencyException">Others stand there, or none: the stream was not where the writer expected it.</exception>
    public async Task<AppendResult?> Repeated(EncodedAppend append, Leaf leaf, long? actual, CancellationToken ct)
    {
        try
        {
            return await RepeatedThere(append, leaf, actual, ct);
        }
        catch (PostgresException error) when (PostgresErrors.IsLeafMissing(error))
        {
            return null;
        }
    }

    private async Task<AppendResult?> RepeatedThere(EncodedAppend append, Leaf leaf, long? actual, CancellationToken ct)
    {
        var expected = append.Request.Expected;
        if (!expected.IsExact || actual <= expected.Value)
        {
            throw new ConcurrencyException(append.Stream, expected, actual ?? await StreamVersion(append.Stream, leaf, ct));
        }

        var (stored, any) = await Behind(append, leaf, expected.Value, ct);
        if (stored is not null || !any)
        {
            return stored;
        }

        var version = actual ?? await StreamVersion(append.Stream, leaf, ct);
        return version > expected.Value ? throw new ConcurrencyException(append.Stream, expected, version) : null;
    }

    /// <summary>The result of an earlier try that put the very events behind a version; null when others stand there, or none.</summary>
    public async Task<AppendResult?> EarlierTry(EncodedAppend append, Leaf leaf, long behind, CancellationToken ct) =>
        (await Behind(append, leaf, behind, ct)).Stored;

    private async Task<(AppendResult? Stored, bool Any)> Behind(EncodedAppend append, Leaf leaf, long behind, CancellationToken ct)
    {
        await using var tail = commandOf(leaf.Statement("stream_tail.sql"));
        tail.Parameters.Add(new NpgsqlParameter<string> { TypedValue = append.Stream.TenantId });
        tail.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = append.Stream.AggregateId });
        tail.Parameters.Add(new NpgsqlParameter<long> { TypedValue = behind });
        tail.Parameters.Add(new NpgsqlParameter<int> { TypedValue = append.Count });
        await using var reader = await tail.ExecuteReaderAsync(ct);
        var (same, any) = (0, false);
        while (await reader.ReadAsync(ct))
        {
            any = true;
            if (reader.GetGuid(1) != append.EventIds[same])
            {
                break;
            }

            if (++same == append.Count)
            {
                return (new(reader.GetInt64(0), reader.GetInt64(2)), true);
            }
        }

        return (null, any);
    }

    /// <summary>The same, wherever in the stream the events stand.</summary>
    public async Task<AppendResult?> EarlierTryAnywhere(EncodedAppend append, Leaf leaf, CancellationToken ct)
    {
        long version;
        await using (var command = commandOf(leaf.Statement("find_event.sql")))
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = append.Stream.TenantId });
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = append.Stream.AggregateId });
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = append.EventIds[0] });
            version = (long)(await command.ExecuteScalarAsync(ct) ?? 0L);
        }

        return version == 0 ? null : await EarlierTry(append, leaf, version - 1, ct);
    }

    /// <summary>Of the streams of these appends, which are of one tenant, those that are archived, and whether their rows are moved already.</summary>
    public async Task<Dictionary<StreamId, bool>> Archived(EncodedAppend[] appends, CancellationToken ct)
    {
        var tenant = appends[0].Stream.TenantId;
        await using var command = commandOf(Statements.Text("find_archived.sql"));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenant });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = Array.ConvertAll(appends, append => append.Stream.AggregateType) });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = Array.ConvertAll(appends, append => append.Stream.AggregateId) });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var archived = new Dictionary<StreamId, bool>();
        while (await reader.ReadAsync(ct))
        {
            archived[new(tenant, reader.GetString(0), reader.GetGuid(1))] = reader.GetBoolean(2);
        }

        return archived;
    }

    /// <summary>Null when the stream is not archived; else the result of an earlier try, which may be what was archived.</summary>
    /// <exception cref="AggregateArchivedException">The stream is archived, without these events.</exception>
    public async Task<AppendResult?> RefuseArchived(EncodedAppend append, Leaf leaf, CancellationToken ct)
    {
        if (!(await Archived([append], ct)).TryGetValue(append.Stream, out var moved))
        {
            return null;
        }

        var expected = append.Request.Expected;
        return (expected.IsExact ? await EarlierTry(append, moved ? leaf.Archive : leaf, expected.Value, ct) : null)
            ?? throw new AggregateArchivedException(append.Stream);
    }

    /// <summary>The version of the last event in the leaf; 0 when there is none.</summary>
    public Task<long> StreamVersion(StreamId stream, Leaf leaf, CancellationToken ct) => StreamVersion(stream, leaf.Statement("stream_version.sql"), ct);

    /// <summary>The version of the last event in the leaf or its archive; 0 when there is none. A stream on its way between the two is seen in one of them.</summary>
    public Task<long> VersionAnywhere(StreamId stream, Leaf leaf, CancellationToken ct) => StreamVersion(stream, leaf.StatementWithArchive("stream_version.sql"), ct);

    private async Task<long> StreamVersion(StreamId stream, string statement, CancellationToken ct)
    {
        await using var command = commandOf(statement);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = stream.TenantId });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = stream.AggregateId });
        return (long)(await command.ExecuteScalarAsync(ct) ?? 0L);
    }

    /// <summary>Returns when the claim that was found taken has been given back since: then the append may be tried again.</summary>
    /// <exception cref="ClaimTakenException">Another aggregate holds it.</exception>
    public async Task RefuseHeldClaims(EncodedAppend append, PostgresException error, CancellationToken ct)
    {
        await foreach (var (claim, _) in HeldClaims(append, ct))
        {
            throw new ClaimTakenException(claim, error);
        }
    }

    /// <summary>The claims that the append takes and another aggregate holds, and which.</summary>
    public async IAsyncEnumerable<(Claim Claim, Guid Holder)> HeldClaims(EncodedAppend append, [EnumeratorCancellation] CancellationToken ct)
    {
        var taken = append.Request.Claims.Taken;
        await using var command = commandOf(Statements.Text("claims_held.sql"));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = append.Stream.TenantId });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = append.Stream.AggregateType });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. taken.Select(claim => claim.Name)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. taken.Select(claim => claim.Value)] });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = append.Stream.AggregateId });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            yield return (new(reader.GetString(0), reader.GetString(1)), reader.GetGuid(2));
        }
    }
}
