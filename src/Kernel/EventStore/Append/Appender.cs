using System.Diagnostics;
using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>
/// Appends: one statement, one round trip, committed by itself. What the statement could not do it says in its one row, and only then a second
/// statement looks why.
/// </summary>
internal sealed class Appender(
    NpgsqlDataSource dataSource, DomainModel model, Tenants tenants, EventStoreOptions options, TimeProvider time, StoreMetrics metrics)
{
    // Only "any" and "exists" meet others at the same version and go on; each round at least one of them gets through.
    private const int MaxRaces = 1000;

    private readonly AppendCommands commands = new(dataSource, tenants, time);
    private readonly AppendCoalescer? coalescer = options.AppendLanes == 0 ? null : new(new(dataSource, tenants, time), options.AppendLanes);

    /// <summary>Appends.</summary>
    /// <returns>The result, and the version that the stream was at before.</returns>
    public async Task<(AppendResult Result, long Before)> Append(AppendRequest request, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        if (EncodedAppend.Of(request, model, options) is not { } append)
        {
            var version = request.Expected.IsExact ? request.Expected.Value : 0;
            return (new(version, 0), version);
        }

        try
        {
            var result = await Append(append, ct);
            metrics.Appended(append.Stream.AggregateType, append.Count, started);
            return (result, result.Version - append.Count);
        }
        catch (ConcurrencyException)
        {
            metrics.Conflicted(append.Stream.AggregateType);
            throw;
        }
        catch (Exception error) when (PostgresErrors.Map(error) is { } mapped)
        {
            throw mapped;
        }
    }

    private async Task<AppendResult> Append(EncodedAppend append, CancellationToken ct)
    {
        var stream = append.Stream;
        for (var race = 0; ; race++)
        {
            try
            {
                var outcome = await (coalescer?.Append(append, ct) ?? commands.One(append, ct));
                if (outcome.Position is { } position)
                {
                    return new(outcome.Actual + append.Count, position);
                }

                if (outcome.TenantOk)
                {
                    return await Repeated(append, outcome.Leaf, outcome.Actual, ct);
                }
            }
            catch (PostgresException error) when (PostgresErrors.IsVersionTaken(error) && append.Request.Expected.IsExact)
            {
                return await Repeated(append, await commands.LeafOf(stream, ct), actual: null, ct);
            }
            catch (PostgresException error) when (race < MaxRaces && PostgresErrors.IsVersionTaken(error))
            {
                continue;
            }
            catch (PostgresException error) when (race < MaxRaces && PostgresErrors.IsClaimTaken(error))
            {
                await RefuseHeldClaims(append, error, ct);
                continue;
            }
            catch (PostgresException error) when (race == 0 && PostgresErrors.IsLeafMissing(error))
            {
                await tenants.RequireElsewhere(stream.TenantId, await commands.LeafOf(stream, ct), error, ct);
            }

            // Disabled, dropped, or moved to another shard since we looked.
            await tenants.Find(stream.TenantId, ct);
        }
    }

    // The stream was not where the writer expected it. When the very events stand there already, an earlier try succeeded and its answer was lost.
    private async Task<AppendResult> Repeated(EncodedAppend append, Leaf leaf, long? actual, CancellationToken ct)
    {
        var stream = append.Stream;
        var expected = append.Request.Expected;
        if (expected.IsExact)
        {
            await using var tail = dataSource.CreateCommand(leaf.Statement("stream_tail.sql"));
            tail.Parameters.Add(new NpgsqlParameter<string> { TypedValue = stream.TenantId });
            tail.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = stream.AggregateId });
            tail.Parameters.Add(new NpgsqlParameter<long> { TypedValue = expected.Value });
            tail.Parameters.Add(new NpgsqlParameter<int> { TypedValue = append.Count });
            await using var reader = await tail.ExecuteReaderAsync(ct);
            var same = 0;
            while (await reader.ReadAsync(ct) && reader.GetGuid(1) == append.EventIds[same])
            {
                if (++same == append.Count)
                {
                    return new(reader.GetInt64(0), reader.GetInt64(2));
                }
            }
        }

        throw new ConcurrencyException(stream, expected, actual ?? await StreamVersion(stream, leaf, ct));
    }

    private async Task<long> StreamVersion(StreamId stream, Leaf leaf, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(leaf.Statement("stream_version.sql"));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = stream.TenantId });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = stream.AggregateId });
        return (long)(await command.ExecuteScalarAsync(ct) ?? 0L);
    }

    // A claim that was given back between the violation and this look is free: then the append is tried again.
    private async Task RefuseHeldClaims(EncodedAppend append, PostgresException error, CancellationToken ct)
    {
        var taken = append.Request.Claims.Taken;
        await using var command = dataSource.CreateCommand(Statements.Text("claims_held.sql"));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = append.Stream.TenantId });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = append.Stream.AggregateType });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. taken.Select(claim => claim.Name)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. taken.Select(claim => claim.Value)] });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = append.Stream.AggregateId });
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (await reader.ReadAsync(ct))
        {
            throw new ClaimTakenException(new(reader.GetString(0), reader.GetString(1)), error);
        }
    }
}
