using Microsoft.Extensions.Logging;
using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>
/// Writes the snapshots that the streams of a type should have and have not, tenant by tenant and page by page. Nothing is remembered of a run: what is
/// there is seen to be there, so a run that was stopped is resumed by beginning again.
/// </summary>
internal sealed partial class SnapshotRebuild(
    NpgsqlDataSource dataSource, Tenants tenants, EventReader streams, SnapshotFold fold, ILogger<SnapshotRebuild> logger)
{
    private const int PageSize = 100;

    public async Task<SnapshotRebuildProgress> Run(
        AggregateDefinition definition, string? tenantId, IProgress<SnapshotRebuildProgress>? progress, CancellationToken ct)
    {
        List<string> ids = tenantId is not null ? [tenantId] : [.. (await tenants.List(ct)).Where(tenant => tenant.IsActive).Select(tenant => tenant.Id)];
        var done = new SnapshotRebuildProgress(definition.Name, ids.Count, 0, 0, 0, 0);
        foreach (var id in ids)
        {
            try
            {
                done = definition.HasSnapshots ? await OfTenant(definition, id, done, progress, ct) : done;
            }
            catch (EventSourcingException gone) when (tenantId is null && gone is UnknownTenantException or TenantDisabledException)
            {
                // Dropped or disabled since the list was made.
            }

            done = done with { TenantsDone = done.TenantsDone + 1 };
            progress?.Report(done);
        }

        return done;
    }

    private async Task<SnapshotRebuildProgress> OfTenant(
        AggregateDefinition definition, string tenantId, SnapshotRebuildProgress done, IProgress<SnapshotRebuildProgress>? progress, CancellationToken ct)
    {
        for (Guid? last = null; await Page(definition, tenantId, last, ct) is { Count: > 0 } page; last = page[^1].Stream.AggregateId)
        {
            foreach (var found in page)
            {
                // By size alone any stream may be long enough, and its events have to be measured.
                if (definition.SnapshotAfterBytes > 0 || found.Version >= definition.SnapshotEvery)
                {
                    var written = await OfStream(definition, found, ct);
                    done = done with { Streams = done.Streams + 1, Snapshots = done.Snapshots + (written ?? 0), Failed = done.Failed + (written is null ? 1 : 0) };
                }
            }

            progress?.Report(done);
        }

        return done;
    }

    // Null when the stream cannot be folded.
    private async Task<int?> OfStream(AggregateDefinition definition, FoundStream found, CancellationToken ct)
    {
        var missing = await Places(definition, found, ct);
        SnapshotRetention.Of(definition).Thin(missing, version => version);
        missing.RemoveAll(version => found.Snapshots.AsSpan().BinarySearch(version) >= 0);
        if (missing.Count == 0)
        {
            return 0;
        }

        try
        {
            var before = found.Snapshots.LastOrDefault(version => version < missing[0]);
            var loaded = before > 0 ? await streams.Load(found.Stream, AsOf.Version(before), ct) : null;
            return await fold.Write(
                definition,
                found.Stream,
                (loaded?.State ?? definition.InitialState, loaded?.Version ?? 0),
                missing[^1],
                (version, _) => missing.BinarySearch(version) >= 0,
                ct);
        }
        catch (Exception error) when (PostgresErrors.Map(error) is { } mapped)
        {
            throw mapped;
        }
        catch (Exception problem) when (problem is not (OperationCanceledException or NpgsqlException
            or EventStoreUnavailableException or SchemaException or UnknownTenantException or TenantDisabledException))
        {
            LogFailed(problem, found.Stream);
            return null;
        }
    }

    private async Task<List<long>> Places(AggregateDefinition definition, FoundStream found, CancellationToken ct)
    {
        var (places, points) = (new List<long>(), new SnapshotPoints(definition));
        if (definition.SnapshotAfterBytes == 0)
        {
            for (long version = definition.SnapshotEvery; version <= found.Version; version += definition.SnapshotEvery)
            {
                places.Add(version);
            }

            return places;
        }

        var leaf = Leaf.Of(definition.Name, await tenants.ShardOf(found.Stream.TenantId, ct));
        await using var command = dataSource.CreateCommand(leaf.Statement("event_sizes.sql"));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = found.Stream.TenantId });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = found.Stream.AggregateId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = found.Version });
        await using var reader = await PostgresErrors.Translate(command.ExecuteReaderAsync(ct));
        while (await PostgresErrors.Translate(reader.ReadAsync(ct)))
        {
            if (points.Pass(reader.GetInt64(0), reader.GetInt32(1)))
            {
                places.Add(reader.GetInt64(0));
            }
        }

        return places;
    }

    private async Task<List<FoundStream>> Page(AggregateDefinition definition, string tenantId, Guid? last, CancellationToken ct)
    {
        while (true)
        {
            var leaf = Leaf.Of(definition.Name, await tenants.ShardOf(tenantId, ct));
            var page = new List<FoundStream>(PageSize);
            try
            {
                await using var command = dataSource.CreateCommand(leaf.Statement("snapshot_streams.sql"));
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenantId });
                command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = last ?? Guid.Empty });
                command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = definition.SnapshotSchema });
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = definition.StateFingerprint });
                command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = PageSize + 1 });
                await using var reader = await command.ExecuteReaderAsync(ct);
                while (await reader.ReadAsync(ct))
                {
                    if (reader.GetGuid(0) is var id && id != last)
                    {
                        page.Add(new(new(tenantId, definition.Name, id), reader.GetInt64(1), reader.GetFieldValue<long[]>(2)));
                    }
                }
            }
            catch (PostgresException error) when (PostgresErrors.IsLeafMissing(error))
            {
                await tenants.RequireElsewhere(tenantId, leaf, error, ct);
                continue;
            }
            catch (Exception error) when (PostgresErrors.Map(error) is { } mapped)
            {
                throw mapped;
            }

            // Nothing more, unless the tenant has moved to another shard or may not be read any more.
            if (page.Count > 0 || await tenants.Find(tenantId, ct) == leaf.Shard)
            {
                return page;
            }
        }
    }

    [LoggerMessage(32, LogLevel.Warning, "The snapshots of {Stream} cannot be written; the rebuild goes on with the next stream.")]
    private partial void LogFailed(Exception problem, StreamId stream);

    private sealed record FoundStream(StreamId Stream, long Version, long[] Snapshots);
}
