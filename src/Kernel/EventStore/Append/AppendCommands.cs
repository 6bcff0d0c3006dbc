using System.Data;
using System.Globalization;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.EventStore;

/// <summary>What the statement says of one append. No position: nothing was written.</summary>
internal readonly record struct AppendOutcome(Leaf Leaf, long Actual, bool TenantOk, long? Position)
{
    public static AppendOutcome From(NpgsqlDataReader reader, Leaf leaf) =>
        new(leaf, reader.GetInt64(0), reader.GetBoolean(1), reader.IsDBNull(2) ? null : reader.GetInt64(2));
}

/// <summary>Sends appends: one by itself, or many in one round trip and one commit.</summary>
internal sealed partial class AppendCommands(NpgsqlDataSource dataSource, Tenants tenants, InlineViews inline, TimeProvider time)
{
    /// <summary>How long appends that others share their way with may wait for somebody's open transaction.</summary>
    public static readonly TimeSpan LongestLockWait = TimeSpan.FromMilliseconds(250);

    private const string Savepoint = "monolith_append";

    // A row comes back for each event; of more events than these the statement is sent that answers with one row.
    private const int MostAnswers = 64;

    private static readonly string LongestLockWaitSetting = LongestLockWait.TotalMilliseconds.ToString(CultureInfo.InvariantCulture);

    /// <summary>The leaf that the append goes to.</summary>
    public async ValueTask<Leaf> LeafOf(StreamId stream, CancellationToken ct) =>
        Leaf.Of(stream.AggregateType, await tenants.ShardOf(stream.TenantId, ct));

    /// <summary>Whether inline projections read what is appended.</summary>
    public bool IsInline(EncodedAppend append) => inline.Of(append.Stream.AggregateType).Length > 0;

    /// <summary>Sends one append; it is committed by itself.</summary>
    public async Task<AppendOutcome> One(EncodedAppend append, CancellationToken ct)
    {
        var leaf = await LeafOf(append.Stream, ct);
        if (inline.Of(append.Stream.AggregateType) is { Length: > 0 } views)
        {
            return await WithViews(append, leaf, views, ct);
        }

        if (append.Request.Claims.IsEmpty && await (append.Count == 1 ? Single(append, leaf, ct) : Next(append, leaf, ct)) is { } written)
        {
            return written;
        }

        return await Whole(append, leaf, ct);
    }

    /// <summary>Sends one append that inline projections do not read by the statement that always answers.</summary>
    public async Task<AppendOutcome> Whole(EncodedAppend append, Leaf leaf, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(StatementOf(append, leaf));
        Bind(command.Parameters, append);
        return (await Execute(command, leaf, ct))!.Value;
    }

    /// <summary>
    /// Sends one append in a transaction of the caller's, between a savepoint and its release: one round trip, and when it fails the transaction
    /// is as it was before.
    /// </summary>
    public async Task<AppendOutcome> Joined(EncodedAppend append, NpgsqlTransaction transaction, CancellationToken ct)
    {
        var leaf = await LeafOf(append.Stream, ct);
        var statement = new NpgsqlBatchCommand(StatementOf(append, leaf));
        Bind(statement.Parameters, append);
        var views = inline.Of(append.Stream.AggregateType);
        await InlineViews.Prepare(views, ct);
        try
        {
            if (views.Length > 0)
            {
                await using var savepoint = new NpgsqlCommand($"savepoint {Savepoint}", transaction.Connection, transaction);
                await savepoint.ExecuteNonQueryAsync(ct);
                var applied = await WithViews(append, leaf, views, transaction.Connection!, ct);
                await transaction.ReleaseAsync(Savepoint, ct);
                return applied;
            }

            await using var batch = new NpgsqlBatch(transaction.Connection, transaction)
            {
                BatchCommands = { new($"savepoint {Savepoint}"), statement, new($"release savepoint {Savepoint}") },
            };
            await using var reader = await batch.ExecuteReaderAsync(ct);
            await reader.ReadAsync(ct);
            var outcome = AppendOutcome.From(reader, leaf);
            await reader.NextResultAsync(ct);
            return outcome;
        }
        catch (Exception error) when (
            error is PostgresException or OperationCanceledException or EventSourcingException && transaction.Connection?.State == ConnectionState.Open)
        {
            await transaction.RollbackAsync(Savepoint, CancellationToken.None);
            await transaction.ReleaseAsync(Savepoint, CancellationToken.None);
            throw;
        }
    }

    // Null when nothing was written.
    private async Task<AppendOutcome?> Single(EncodedAppend append, Leaf leaf, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(leaf.Statement(HasEvents(append) ? "append_next.sql" : "append_one.sql"));
        var parameters = command.Parameters;
        AddStream(parameters, append);
        parameters.Add(new NpgsqlParameter<Guid> { TypedValue = append.EventIds[0] });
        parameters.Add(new NpgsqlParameter<string> { TypedValue = append.EventTypes[0] });
        parameters.Add(new NpgsqlParameter<short> { TypedValue = append.EventVersions[0] });
        parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = append.Data[0], NpgsqlDbType = NpgsqlDbType.Jsonb });
        return await Execute(command, leaf, ct);
    }

    // Null when nothing was written.
    private async Task<AppendOutcome?> Next(EncodedAppend append, Leaf leaf, CancellationToken ct)
    {
        if (!HasEvents(append) || append.Count > MostAnswers)
        {
            return null;
        }

        await using var command = dataSource.CreateCommand(leaf.Statement("append_next_events.sql"));
        Bind(command.Parameters, append);
        await using var reader = await command.ExecuteReaderAsync(ct);
        AppendOutcome? outcome = null;
        while (await reader.ReadAsync(ct))
        {
            outcome = outcome is { } first ? first with { Position = reader.GetInt64(2) } : AppendOutcome.From(reader, leaf);
        }

        await reader.NextResultAsync(ct);
        return outcome;
    }

    // As far as the caller says: the stream is not one that begins now.
    private static bool HasEvents(EncodedAppend append) => append.Request.Expected is { Value: > 0 } || append.Request.Expected == ExpectedVersion.Exists;

    private static async Task<AppendOutcome?> Execute(NpgsqlCommand command, Leaf leaf, CancellationToken ct)
    {
        await using var reader = await command.ExecuteReaderAsync(ct);
        AppendOutcome? outcome = await reader.ReadAsync(ct) ? AppendOutcome.From(reader, leaf) : null;
        await reader.NextResultAsync(ct);
        return outcome;
    }

    private static string StatementOf(EncodedAppend append, Leaf leaf) =>
        leaf.Statement(append.Request.Claims.IsEmpty ? "append.sql" : "append_with_claims.sql");

    private void Bind(NpgsqlParameterCollection parameters, EncodedAppend append)
    {
        AddStream(parameters, append);
        parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = append.EventIds });
        parameters.Add(new NpgsqlParameter<string[]> { TypedValue = append.EventTypes });
        parameters.Add(new NpgsqlParameter<short[]> { TypedValue = append.EventVersions });
        parameters.Add(Json(append.Data));
        if (append.Request.Claims is { IsEmpty: false } claims)
        {
            // In one order everywhere, so that two appends that take the same claims never deadlock.
            AddClaims(parameters, claims.Taken.Distinct());
            AddClaims(parameters, claims.Released.Except(claims.Taken));
        }
    }

    private void AddStream(NpgsqlParameterCollection parameters, EncodedAppend append)
    {
        parameters.Add(new NpgsqlParameter<string> { TypedValue = append.Stream.TenantId });
        parameters.Add(new NpgsqlParameter<Guid> { TypedValue = append.Stream.AggregateId });
        parameters.Add(new NpgsqlParameter<long> { TypedValue = append.Request.Expected.Value });
        parameters.Add(Now());
        parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = append.Metadata, NpgsqlDbType = NpgsqlDbType.Jsonb });
    }

    private static NpgsqlParameter<byte[][]> Json(byte[][] documents) =>
        new() { TypedValue = documents, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb };

    private static void AddClaims(NpgsqlParameterCollection parameters, IEnumerable<Claim> claims)
    {
        Claim[] sorted = [.. claims.OrderBy(claim => claim.Name, StringComparer.Ordinal).ThenBy(claim => claim.Value, StringComparer.Ordinal)];
        parameters.Add(new NpgsqlParameter<string[]> { TypedValue = Array.ConvertAll(sorted, claim => claim.Name) });
        parameters.Add(new NpgsqlParameter<string[]> { TypedValue = Array.ConvertAll(sorted, claim => claim.Value) });
    }

    private NpgsqlParameter<DateTimeOffset> Now() => new() { TypedValue = time.GetUtcNow(), NpgsqlDbType = NpgsqlDbType.TimestampTz };
}
