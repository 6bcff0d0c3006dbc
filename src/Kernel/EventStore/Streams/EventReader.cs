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
    /// <summary>The state of a stream; with the id of its last event when it is to be kept in memory.</summary>
    public async Task<StateFold> Load(StreamId stream, AsOf asOf, CancellationToken ct, bool forCache = false)
    {
        var definition = model.Aggregate(stream.AggregateType);
        var started = Stopwatch.GetTimestamp();
        var file = asOf.MaxTime is not null ? "load_at_time.sql" : forCache ? "load_cacheable.sql" : "load.sql";
        try
        {
            var usableSnapshots = definition.HasSnapshots ? asOf.MaxVersion ?? long.MaxValue : 0;
            while (true)
            {
                var leaf = Leaf.Of(stream.AggregateType, await tenants.ShardOf(stream.TenantId, ct));
                var fold = new StateFold(definition, model, stream);
                long? unusable;
                try
                {
                    unusable = await Load(fold, definition, leaf.Statement(file), stream, asOf, usableSnapshots, forCache, ct);
                }
                catch (PostgresException error) when (PostgresErrors.IsLeafMissing(error))
                {
                    await tenants.RequireElsewhere(stream.TenantId, leaf, error, ct);
                    continue;
                }

                if (unusable is null && fold.Version == 0)
                {
                    (var isHere, unusable) = await LoadAnywhere(fold, definition, leaf, stream, asOf, usableSnapshots, ct);
                    if (!isHere)
                    {
                        continue; // The tenant has moved to another shard since we looked.
                    }
                }

                if (unusable is { } version)
                {
                    usableSnapshots = version - 1;
                    continue;
                }

                metrics.Loaded(definition.Name, fold.EventsRead, started);
                if (asOf == AsOf.Now && fold.SnapshotRecordedAt is { } recordedAt)
                {
                    metrics.LoadedFromSnapshot(definition.Name, recordedAt);
                }

                return fold;
            }
        }
        catch (Exception error) when (PostgresErrors.Map(error) is { } mapped)
        {
            throw mapped;
        }
    }

    /// <summary>
    /// A state in memory and what was appended since; null when it cannot be built upon: the stream is another one now, the tenant may not be
    /// read here, or the tail has more than so many events.
    /// </summary>
    public async Task<StateFold?> LoadTail(CachedState cached, long highestVersion, long mostEvents, CancellationToken ct)
    {
        var stream = cached.Stream;
        var started = Stopwatch.GetTimestamp();
        try
        {
            var leaf = Leaf.Of(stream.AggregateType, await tenants.ShardOf(stream.TenantId, ct));
            await using var command = dataSource.CreateCommand(leaf.Statement("load_tail.sql"));
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = stream.TenantId });
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = stream.AggregateId });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = cached.Version });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = highestVersion });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = mostEvents + 2 });
            await using var reader = await command.ExecuteReaderAsync(ct);
            if (!await reader.ReadAsync(ct) || reader.GetInt64(0) != cached.Version || reader.GetGuid(4) != cached.LastEventId)
            {
                return null;
            }

            var fold = new StateFold(model.Aggregate(stream.AggregateType), model, stream);
            fold.BeginWithCached(cached);
            using var columns = new ColumnReader();
            while (await reader.ReadAsync(ct))
            {
                if (fold.EventsRead == mostEvents)
                {
                    return null;
                }

                fold.Add(reader.GetInt64(0), columns.Name(reader, 1), reader.GetInt16(2), columns.Json(reader, 3).Span, reader.GetGuid(4));
            }

            metrics.Loaded(stream.AggregateType, fold.EventsRead, started);
            return fold;
        }
        catch (PostgresException error) when (PostgresErrors.IsLeafMissing(error))
        {
            return null;
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
        await using (var command = dataSource.CreateCommand(leaf.Statement(FileOf(range))))
        {
            Bind(command.Parameters, stream, range);
            await using var reader = await PostgresErrors.Translate(ReaderOf(command, stream, leaf, ct));
            using var columns = new ColumnReader();
            while (reader is not null && await PostgresErrors.Translate(reader.ReadAsync(ct)))
            {
                any = true;
                var row = new EnvelopeRow(reader, columns);
                yield return (row, row.Decode(model));
            }
        }

        if (!any)
        {
            await foreach (var archived in ReadAnywhere(leaf, stream, range, ct))
            {
                yield return archived;
            }
        }
    }

    private static string FileOf(StreamRange range) => range.Backward ? "read_backward.sql" : "read_forward.sql";

    private static void Bind(NpgsqlParameterCollection parameters, StreamId stream, StreamRange range)
    {
        parameters.Add(new NpgsqlParameter<string> { TypedValue = stream.TenantId });
        parameters.Add(new NpgsqlParameter<Guid> { TypedValue = stream.AggregateId });
        parameters.Add(new NpgsqlParameter<long> { TypedValue = range.FromVersion });
        parameters.Add(new NpgsqlParameter<long> { TypedValue = range.ToVersion });
        parameters.Add(Timestamp(range.Until ?? DateTimeOffset.MaxValue));
        parameters.Add(new NpgsqlParameter<int> { TypedValue = range.Limit });
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

    // The version of the snapshot that cannot be read, if there is one: then nothing was folded.
    private async Task<long?> Load(
        StateFold fold, AggregateDefinition definition, string statement, StreamId stream, AsOf asOf, long usableSnapshots, bool withEventIds, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(statement);
        Bind(command.Parameters, definition, stream);
        command.Parameters.Add(asOf.MaxTime is { } time ? Timestamp(time) : new NpgsqlParameter<long> { TypedValue = asOf.MaxVersion ?? long.MaxValue });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = usableSnapshots });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await Fold(fold, definition, reader, stream, withEventIds ? Sixth.EventId : Sixth.None, ct);
    }

    private static void Bind(NpgsqlParameterCollection parameters, AggregateDefinition definition, StreamId stream)
    {
        parameters.Add(new NpgsqlParameter<string> { TypedValue = stream.TenantId });
        parameters.Add(new NpgsqlParameter<Guid> { TypedValue = stream.AggregateId });
        parameters.Add(new NpgsqlParameter<int> { TypedValue = definition.SnapshotSchema });
        parameters.Add(new NpgsqlParameter<string> { TypedValue = definition.StateFingerprint });
    }

    private async Task<long?> Fold(
        StateFold fold, AggregateDefinition definition, NpgsqlDataReader reader, StreamId stream, Sixth sixth, CancellationToken ct)
    {
        using var columns = new ColumnReader();
        while (await reader.ReadAsync(ct))
        {
            var version = reader.GetInt64(0);
            var eventType = reader.IsDBNull(1) ? null : columns.Name(reader, 1);
            var eventVersion = eventType is null ? (short)0 : reader.GetInt16(2);
            var data = columns.Json(reader, 3).Span;
            Guid? eventId = sixth == Sixth.EventId && !reader.IsDBNull(5) ? reader.GetGuid(5) : null;
            fold.IsArchived = sixth == Sixth.IsArchived && reader.GetBoolean(5);
            if (eventType is not null)
            {
                fold.Add(version, eventType, eventVersion, data, eventId);
            }
            else if (TryRead(definition, stream, version, data) is { } snapshot)
            {
                fold.BeginWithSnapshot(snapshot, version, eventId);
                fold.SnapshotRecordedAt = metrics.TakesSnapshotAges ? reader.GetFieldValue<DateTimeOffset>(4) : null;
            }
            else
            {
                return version;
            }
        }

        return null;
    }

    // What the statements that load have as their sixth column.
    private enum Sixth
    {
        None,
        EventId,
        IsArchived,
    }

    // A snapshot is a shortcut, never the truth: one that cannot be read costs a longer replay and nothing else.
    private object? TryRead(AggregateDefinition definition, StreamId stream, long version, ReadOnlySpan<byte> json)
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
}
