using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>Lets a rebuild that has caught up take the place of the live rows, in one short transaction.</summary>
/// <remarks>
/// Lock the live checkpoints, so that their batches on the way end and no other begins; wait until the shadow has passed them, so that nobody
/// who has seen an event in the old rows misses it in the new ones; lock the shadow's; swap the tables; make the shadow's checkpoints the
/// live ones under a new fence, so that whoever wrote either set finds out. If the shadow does not get there in time, or a long query
/// holds a table, everything stays as it is and the next heartbeat tries again. Where appends write the live rows, they are kept waiting instead of batches. With a tenant's rebuild only the checkpoint of its shard is
/// locked and only its rows are replaced: batches of that shard wait for as long as that takes.
/// </remarks>
internal sealed class Promotion(NpgsqlDataSource dataSource, ProjectionCatalog catalog, IViewStore? views, TimeProvider time)
{
    private const string LockTimeout = "set local lock_timeout = '1s'";
    private static readonly TimeSpan LongestHold = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    /// <summary>Lets a rebuild take the place of the live rows, if it has caught up with them.</summary>
    /// <param name="projection">The projection.</param>
    /// <param name="shadow">One of the rebuild's checkpoints, as the caller knows it.</param>
    /// <param name="settle">Stores how far the caller's own shards have come over events that change nothing.</param>
    /// <param name="ct">Stops it; nothing has happened then.</param>
    public async Task<PromotionOutcome> Try(Projection projection, Checkpoint shadow, Func<CancellationToken, Task> settle, CancellationToken ct)
    {
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        try
        {
            await using var transaction = await connection.BeginTransactionAsync(ct);
            await using (var timeout = new NpgsqlCommand(LockTimeout, connection))
            {
                await timeout.ExecuteNonQueryAsync(ct);
            }

            var outcome = await (shadow.TenantId is { } tenant
                ? ReplaceTenant(connection, projection, tenant, shadow.Key.Shard, settle, ct)
                : ReplaceAll(connection, projection, settle, ct));
            if (outcome != PromotionOutcome.NotYet)
            {
                await transaction.CommitAsync(ct);
            }

            return outcome;
        }
        catch (PostgresException busy) when (busy.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
        {
            return PromotionOutcome.NotYet;
        }
    }

    private async Task<PromotionOutcome> ReplaceAll(NpgsqlConnection connection, Projection projection, Func<CancellationToken, Task> settle, CancellationToken ct)
    {
        var inline = await InlinePromotion.Begin(connection, projection, catalog.AggregateTypesOf(projection.Name), ct);
        var live = inline.Ends(
            (await RebuildStatements.Lock(connection, projection.Name, [ProjectionShard.Live], shard: null, ct)).ToDictionary(row => row.Shard, row => row.Position));
        if (inline.IsRefused || !await Passes(projection.Name, positions => inline.Passed(positions, live, ct), settle, ct))
        {
            return PromotionOutcome.NotYet;
        }

        var shadow = await RebuildStatements.Lock(connection, projection.Name, [ProjectionShard.Shadow], shard: null, ct);
        if (shadow.Count != live.Count
            || shadow.Exists(row => row.Version != projection.Version || row.IsBehind || row.TenantId is not null)
            || !await inline.Passed(shadow.ToDictionary(row => row.Shard, row => row.Position), live, ct))
        {
            return PromotionOutcome.NotYet;
        }

        await projection.Writer(views).Promote(connection, ct);
        await RebuildStatements.Execute(
            connection,
            ct,
            RebuildStatements.ClearParked(projection.Name),
            RebuildStatements.Of("rebuild_promote_parked.sql", Parameters.Of(projection.Name)),
            RebuildStatements.Of("rebuild_promote.sql", Parameters.Of(projection.Name), Parameters.Of(time.GetUtcNow())),
            RebuildStatements.Of("inline_set.sql", Parameters.Of(projection.Name), Parameters.Of(projection.IsInline)));
        return PromotionOutcome.Promoted;
    }

    private async Task<PromotionOutcome> ReplaceTenant(
        NpgsqlConnection connection, Projection projection, string tenantId, string shard, Func<CancellationToken, Task> settle, CancellationToken ct)
    {
        var live = (await RebuildStatements.Lock(connection, projection.Name, [ProjectionShard.Live], shard, ct)).Find(row => row.Version == projection.Version);
        if (live is null || !await Passes(projection.Name, positions => Task.FromResult(positions.GetValueOrDefault(shard) >= live.Position), settle, ct))
        {
            return PromotionOutcome.NotYet;
        }

        var shadow = await RebuildStatements.Lock(connection, projection.Name, [ProjectionShard.Shadow], shard, ct);
        if (shadow is not [{ IsBehind: false } row] || row.Position != live.Position || row.TenantId != tenantId)
        {
            return PromotionOutcome.NotYet;
        }

        // A tenant that was moved meanwhile is projected by another checkpoint: the rebuild is given up.
        if (await RebuildStatements.ShardOf(connection, tenantId, ct) != shard)
        {
            await RebuildStatements.Execute(connection, ct, RebuildStatements.Of("rebuild_discard.sql", Parameters.Of(projection.Name)));
            await projection.Writer(views).DropShadow(connection, ct);
            return PromotionOutcome.GivenUp;
        }

        await projection.Writer(views).PromoteTenant(connection, tenantId, ct);
        await RebuildStatements.Execute(
            connection,
            ct,
            RebuildStatements.ClearParked(projection.Name, tenantId),
            RebuildStatements.Of("rebuild_promote_parked.sql", Parameters.Of(projection.Name)),
            RebuildStatements.Of("rebuild_merge.sql", Parameters.Of(projection.Name), Parameters.Of(shard), Parameters.Of(time.GetUtcNow())));
        return PromotionOutcome.Promoted;
    }

    // The live rows stand still meanwhile, so this ends: the shadow's writers pass them, or they are too far behind for now.
    private async Task<bool> Passes(
        string projection, Func<Dictionary<string, long>, Task<bool>> isThere, Func<CancellationToken, Task> settle, CancellationToken ct)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            await settle(ct);
            if (await isThere(await ShadowPositions(projection, ct)))
            {
                return true;
            }

            if (time.GetElapsedTime(started) > LongestHold)
            {
                return false;
            }

            await Task.Delay(Look, time, ct);
        }
    }

    private async Task<Dictionary<string, long>> ShadowPositions(string projection, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("rebuild_positions.sql"));
        command.Parameters.Add(Parameters.Of(projection));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var positions = new Dictionary<string, long>(StringComparer.Ordinal);
        while (await reader.ReadAsync(ct))
        {
            positions.Add(reader.GetString(0), reader.GetInt64(1));
        }

        return positions;
    }
}

/// <summary>What became of a rebuild that was to take the place of the live rows.</summary>
internal enum PromotionOutcome
{
    /// <summary>It has to wait; nothing has changed.</summary>
    NotYet,

    /// <summary>It has taken their place.</summary>
    Promoted,

    /// <summary>It has lost its object, and is no more.</summary>
    GivenUp,
}
