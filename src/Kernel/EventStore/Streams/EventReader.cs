using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Monolith.EventSourcing;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.EventStore;

/// <summary>Reads streams: states from snapshot and tail in one round trip, and events one by one.</summary>
internal sealed partial class EventReader(
    NpgsqlDataSource dataSource, DomainModel model, Tenants tenants, StoreMetrics metrics, ILogger<EventReader> logger)
{
    public async Task<LoadedState<object>> Load(StreamId stream, AsOf asOf, CancellationToken ct)
    {
        var definition = model.Aggregate(stream.AggregateType);
        var started = Stopwatch.GetTimestamp();
        try
        {
            var usableSnapshots = definition.SnapshotEvery == 0 ? 0 : asOf.MaxVersion ?? long.MaxValue;
            while (true)
            {
                var leaf = Leaf.Of(stream.AggregateType, await tenants.ShardOf(stream.TenantId, ct));
                LoadedState<object> loaded;
                try
                {
                    loaded = await Load(definition, leaf, stream, asOf, usableSnapshots, ct);
                }
                catch (PostgresException error) when (PostgresErrors.IsLeafMissing(error))
                {
                    await tenants.RequireElsewhere(stream.TenantId, leaf, error, ct);
                    continue;
                }

                if (loaded.Version == 0 && await tenants.Find(stream.TenantId, ct) != leaf.Shard)
                {
                    continue; // The tenant has moved to another shard since we looked.
                }

                if (loaded.State is not UnusableSnapshot)
                {
                    metrics.Loaded(definition.Name, loaded.EventsRead, started);
                    return loaded;
                }

                usableSnapshots = loaded.SnapshotVersion - 1;
            }
        }
        catch (Exception error) when (PostgresErrors.Map(error) is { } mapped)
        {
            throw mapped;
        }
    }

    public async IAsyncEnumerable<EventEnvelope> Read(StreamId stream, StreamRange range, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var (row, events) in ReadRows(stream, range, ct))
        {
            for (var i = 0; i < events.Count; i++)
            {
                yield return row.Envelope(events[range.Backward ? events.Count - 1 - i : i]);
            }
        }
    }

    /// <summary>As they are stored: a row whose event no longer reads as anything is a row still.</summary>
    public async IAsyncEnumerable<(EnvelopeRow Row, DecodedEvents Events)> ReadRows(
        StreamId stream, StreamRange range, [EnumeratorCancellation] CancellationToken ct)
    {
        _ = model.Aggregate(stream.AggregateType);
        if (range.Limit <= 0)
        {
            yield break;
        }

        var leaf = Leaf.Of(stream.AggregateType, await tenants.ShardOf(stream.TenantId, ct));
        var any = false;
        await using (var command = dataSource.CreateCommand(leaf.Statement(range.Backward ? "read_backward.sql" : "read_forward.sql")))
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = stream.TenantId });
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = stream.AggregateId });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = range.FromVersion });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = range.ToVersion });
            command.Parameters.Add(Timestamp(range.Until ?? DateTimeOffset.MaxValue));
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = range.Limit });
            await using var reader = await PostgresErrors.Translate(ReaderOf(command, stream, leaf, ct));
            while (reader is not null && await PostgresErrors.Translate(reader.ReadAsync(ct)))
            {
                any = true;
                var row = new EnvelopeRow(reader);
                yield return (row, row.Decode(model));
            }
        }

        if (!any && await tenants.Find(stream.TenantId, ct) != leaf.Shard)
        {
            await foreach (var moved in ReadRows(stream, range, ct))
            {
                yield return moved;
            }
        }
    }

    // Null when the tenant's leaf is gone because the tenant lies elsewhere now.
    private async Task<NpgsqlDataReader?> ReaderOf(NpgsqlCommand command, StreamId stream, Leaf leaf, CancellationToken ct)
    {
        try
        {
            return await command.ExecuteReaderAsync(ct);
        }
        catch (PostgresException error) when (PostgresErrors.IsLeafMissing(error))
        {
            await tenants.RequireElsewhere(stream.TenantId, leaf, error, ct);
            return null;
        }
    }

    private async Task<LoadedState<object>> Load(
        AggregateDefinition definition, Leaf leaf, StreamId stream, AsOf asOf, long usableSnapshots, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(leaf.Statement(asOf.MaxTime is null ? "load.sql" : "load_at_time.sql"));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = stream.TenantId });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = stream.AggregateId });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = definition.SnapshotSchema });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = definition.StateFingerprint });
        command.Parameters.Add(asOf.MaxTime is { } time ? Timestamp(time) : new NpgsqlParameter<long> { TypedValue = asOf.MaxVersion ?? long.MaxValue });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = usableSnapshots });

        await using var reader = await command.ExecuteReaderAsync(ct);
        var state = definition.InitialState;
        long version = 0, snapshotVersion = 0;
        var eventsRead = 0;
        while (await reader.ReadAsync(ct))
        {
            var rowVersion = reader.GetInt64(0);
            if (reader.IsDBNull(1))
            {
                version = snapshotVersion = rowVersion;
                if (TryRead(definition, stream, rowVersion, reader.GetFieldValue<byte[]>(3)) is not { } snapshot)
                {
                    return new(new UnusableSnapshot(), version, snapshotVersion, 0);
                }

                state = snapshot;
                continue;
            }

            if (rowVersion != version + 1)
            {
                throw new InvalidOperationException($"{stream} has a hole: version {rowVersion} follows {version}.");
            }

            var events = model.Decode(reader.GetString(1), reader.GetInt16(2), reader.GetFieldValue<byte[]>(3), stream, rowVersion);
            for (var i = 0; i < events.Count; i++)
            {
                state = definition.Apply(state, events[i]);
            }

            version = rowVersion;
            eventsRead++;
        }

        return new(state, version, snapshotVersion, eventsRead);
    }

    // A snapshot is a shortcut, never the truth: one that cannot be read costs a longer replay and nothing else.
    private object? TryRead(AggregateDefinition definition, StreamId stream, long version, byte[] json)
    {
        try
        {
            return definition.DeserializeState(json);
        }
        catch (Exception problem) when (problem is JsonException or NotSupportedException or ArgumentException or InvalidOperationException or FormatException)
        {
            LogUnusable(stream, version, problem.Message);
            metrics.SnapshotFailed(definition.Name);
            return null;
        }
    }

    private static NpgsqlParameter<DateTimeOffset> Timestamp(DateTimeOffset time) =>
        new() { TypedValue = time.ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz };

    [LoggerMessage(10, LogLevel.Warning, "The snapshot of {Stream} at version {Version} cannot be read ({Problem}); replaying and writing it anew.")]
    private partial void LogUnusable(StreamId stream, long version, string problem);

    private sealed record UnusableSnapshot;
}
