using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>Begins, lists and gives up rebuilds: of a read model beside the live one, or of one tenant's part of it.</summary>
/// <remarks>
/// <para>
/// A rebuild is a second set of checkpoints, in the slot <c>shadow</c>, that begin where the live ones once began and write into a shadow of the
/// tables. They are run like the live ones: by several hosts, shard by shard, resumed after a crash, exactly once. Queries go on reading the
/// live rows, which go on being projected; when the version of the projection was raised, hosts of the old version do that as long as
/// there are any. When it has caught up it takes the place of the live rows: <see cref="Promotion"/>.
/// </para>
/// <para>
/// The rebuild of one tenant is the same on its shard alone and over its events alone. It never passes the live checkpoint, so that there is a moment when both
/// stand at one position: then the tenant's live rows are replaced by those of the shadow, and no event is lost or counted twice.
/// </para>
/// </remarks>
internal sealed class Rebuilding(NpgsqlDataSource dataSource, ProjectionCatalog catalog, Feed feed, IViewStore? views, RebuildSpace space, TimeProvider time)
{
    private readonly RebuildRates rates = new(time);

    /// <summary>Begins a rebuild.</summary>
    /// <param name="projection">The projection; not a subscription.</param>
    /// <param name="onlyIfOutdated">Whether to do nothing when the rows, or a rebuild that runs already, are of its version or a newer one.</param>
    /// <param name="ct">Stops it; nothing has happened then.</param>
    /// <exception cref="RebuildRunningException">It is being rebuilt already.</exception>
    /// <exception cref="RebuildDiskException">There is not enough disk for it.</exception>
    public async Task Begin(Projection projection, bool onlyIfOutdated, CancellationToken ct)
    {
        await space.Require(projection, ct);
        var end = await feed.Refresh(ct);
        var counts = await Count(projection, end, tenantId: null, ct);
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var rows = await Lock(connection, projection, ct);
        if (onlyIfOutdated && rows.Exists(row => row.IsOf(projection)))
        {
            return;
        }

        if (!onlyIfOutdated && rows.Exists(row => row.IsShadow))
        {
            throw new RebuildRunningException(projection.Name);
        }

        await Begin(connection, projection, end, counts, tenantId: null, shard: null, ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>Begins a rebuild of one tenant's rows.</summary>
    /// <param name="projection">The projection.</param>
    /// <param name="tenantId">The tenant; it may be disabled.</param>
    /// <param name="ct">Stops it; nothing has happened then.</param>
    /// <exception cref="RebuildRunningException">The projection is being rebuilt already.</exception>
    /// <exception cref="RebuildRefusedException">Its rows cannot be rebuilt in parts, or not now.</exception>
    /// <exception cref="RebuildDiskException">There is not enough disk for it.</exception>
    /// <exception cref="UnknownTenantException">There is no such tenant.</exception>
    public async Task BeginTenant(Projection projection, string tenantId, CancellationToken ct)
    {
        if (projection.WhyNotByTenant is { } reason)
        {
            throw new RebuildRefusedException(projection.Name, reason);
        }

        await space.Require(projection, ct);
        var end = await feed.Refresh(ct);
        var counts = await Count(projection, end, tenantId, ct);
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var rows = await Lock(connection, projection, ct);
        var shard = await RebuildStatements.ShardOf(connection, tenantId, ct) ?? throw new UnknownTenantException(tenantId);
        if (rows.Exists(row => row.IsShadow))
        {
            throw new RebuildRunningException(projection.Name);
        }

        RebuildStatements.RequireVersion(projection, rows.Find(row => row.Shard == shard));
        await Begin(connection, projection, end, counts, tenantId, shard, ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>Gives a rebuild up.</summary>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> Cancel(Projection projection, CancellationToken ct)
    {
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        if ((await RebuildStatements.Lock(connection, projection.Name, [ProjectionShard.Shadow], shard: null, ct)).Count == 0)
        {
            return false;
        }

        await RebuildStatements.Execute(connection, ct, RebuildStatements.Of("rebuild_discard.sql", Parameters.Of(projection.Name)));
        await projection.Writer(views).DropShadow(connection, ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    /// <summary>Delivers everything to a subscription again: there are no rows to be built beside others.</summary>
    public async Task Restart(Projection subscription, CancellationToken ct)
    {
        var end = await feed.Refresh(ct);
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        if ((await Lock(connection, subscription, ct)).Exists(row => row.IsBehind))
        {
            throw new RebuildRunningException(subscription.Name);
        }

        await RebuildStatements.Execute(
            connection,
            ct,
            RebuildStatements.ClearParked(subscription.Name),
            RebuildStatements.Of("checkpoints_restart.sql", Parameters.Of(subscription.Name), Parameters.Of(end), Parameters.Of(time.GetUtcNow())));
        await transaction.CommitAsync(ct);
    }

    /// <summary>The rebuilds that are running or paused: of one projection, or of all.</summary>
    public async Task<IReadOnlyList<RebuildProgress>> List(string? projection, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("rebuilds_list.sql"));
        command.Parameters.Add(Parameters.OfNullable(projection));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rebuilds = new List<RebuildProgress>();
        while (await reader.ReadAsync(ct))
        {
            rebuilds.Add(RebuildProgress.Read(reader, time.GetUtcNow()));
        }

        return rates.Of(rebuilds, areAll: projection is null);
    }

    private async Task Begin(
        NpgsqlConnection connection, Projection projection, long end, Dictionary<string, long> counts, string? tenantId, string? shard, CancellationToken ct)
    {
        await RebuildStatements.Execute(
            connection,
            ct,
            RebuildStatements.Of("rebuild_discard.sql", Parameters.Of(projection.Name)),
            RebuildStatements.Of(
                "rebuild_begin.sql",
                Parameters.Of(projection.Name),
                Parameters.Of(projection.Version),
                Parameters.Of(end),
                Parameters.Of(counts.Keys.ToArray()),
                Parameters.Of(counts.Values.ToArray()),
                Parameters.Of(time.GetUtcNow()),
                Parameters.OfNullable(tenantId),
                Parameters.OfNullable(shard)));
        await projection.Writer(views).MakeShadow(connection, ct);
    }

    private static Task<List<LockedRow>> Lock(NpgsqlConnection connection, Projection projection, CancellationToken ct) =>
        RebuildStatements.Lock(connection, projection.Name, [ProjectionShard.Live, ProjectionShard.Shadow], shard: null, ct);

    // Before anything is locked: it may take long.
    private async Task<Dictionary<string, long>> Count(Projection projection, long upTo, string? tenantId, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("count_events.sql"));
        command.CommandTimeout = 0;
        command.Parameters.Add(Parameters.Of(catalog.AggregateTypesOf(projection.Name).ToArray()));
        command.Parameters.Add(Parameters.Of(upTo));
        command.Parameters.Add(Parameters.OfNullable(tenantId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        while (await reader.ReadAsync(ct))
        {
            counts.Add(reader.GetString(0), reader.GetInt64(1));
        }

        return counts;
    }
}
