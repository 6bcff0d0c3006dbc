using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>
/// Rebuilds a read model beside the live one and lets it take its place.
/// </summary>
/// <remarks>
/// <para>
/// A rebuild is a second set of checkpoints, in the slot <c>shadow</c>, that begin where the live ones once began and write into a shadow of the
/// tables. They are run like the live ones: by several hosts, shard by shard, resumed after a crash, exactly once. Queries go on reading the
/// live rows, which go on being projected; when the version of the projection was raised, hosts of the old version do that as long as
/// there are any.
/// </para>
/// <para>
/// When every shard of the shadow has passed the events that were stored at the beginning, it is promoted in one short transaction: lock the
/// live checkpoints, so that their batches on the way end and no other begins; wait until the shadow has passed them, so that nobody
/// who has seen an event in the old rows misses it in the new ones; lock the shadow's; swap the tables; make the shadow's checkpoints the
/// live ones under a new fence, so that whoever wrote either set finds out. If the shadow does not get there in time, or a long query
/// holds a table, everything stays as it is and the next heartbeat tries again. Where appends write the live rows, they are kept waiting instead of batches.
/// </para>
/// </remarks>
internal sealed class Rebuilding(NpgsqlDataSource dataSource, ProjectionCatalog catalog, Feed feed, IViewStore? views, TimeProvider time)
{
    private const string LockTimeout = "set local lock_timeout = '1s'";
    private static readonly TimeSpan LongestHold = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    /// <summary>Begins a rebuild.</summary>
    /// <param name="projection">The projection; not a subscription.</param>
    /// <param name="onlyIfOutdated">Whether to do nothing when the rows, or a rebuild that runs already, are of its version or a newer one.</param>
    /// <param name="ct">Stops it; nothing has happened then.</param>
    /// <exception cref="RebuildRunningException">It is being rebuilt already.</exception>
    public async Task Begin(Projection projection, bool onlyIfOutdated, CancellationToken ct)
    {
        var end = await feed.Refresh(ct);
        var writer = projection.Writer(views);
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var rows = await Lock(connection, projection.Name, [ProjectionShard.Live, ProjectionShard.Shadow], ct);
        if (onlyIfOutdated && rows.Exists(row => row.IsOf(projection)))
        {
            return;
        }

        if (!onlyIfOutdated && rows.Exists(row => row.IsShadow))
        {
            throw new RebuildRunningException(projection.Name);
        }

        var counts = await Count(connection, projection.Name, end, ct);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                Of("rebuild_discard.sql", Parameters.Of(projection.Name)),
                Of(
                    "rebuild_begin.sql",
                    Parameters.Of(projection.Name),
                    Parameters.Of(projection.Version),
                    Parameters.Of(end),
                    Parameters.Of(counts.Keys.ToArray()),
                    Parameters.Of(counts.Values.ToArray()),
                    Parameters.Of(time.GetUtcNow())),
            },
        };
        await batch.ExecuteNonQueryAsync(ct);
        await writer.MakeShadow(connection, ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>Lets a rebuild take the place of the live rows, if it has caught up with them.</summary>
    /// <returns>Whether it did.</returns>
    public async Task<bool> TryPromote(Projection projection, CancellationToken ct)
    {
        var writer = projection.Writer(views);
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        try
        {
            await using var transaction = await connection.BeginTransactionAsync(ct);
            await Execute(connection, LockTimeout, ct);
            var promotion = await InlinePromotion.Begin(connection, projection, catalog.AggregateTypesOf(projection.Name), ct);
            var live = promotion.Ends(
                (await Lock(connection, projection.Name, [ProjectionShard.Live], ct)).ToDictionary(row => row.Shard, row => row.Position));
            if (promotion.IsRefused || !await Passes(projection.Name, live, promotion, ct))
            {
                return false;
            }

            var shadow = await Lock(connection, projection.Name, [ProjectionShard.Shadow], ct);
            if (shadow.Count != live.Count || shadow.Exists(row => row.Version != projection.Version || row.IsBehind)
                || !await promotion.Passed(shadow.ToDictionary(row => row.Shard, row => row.Position), live, ct))
            {
                return false;
            }

            await writer.Promote(connection, ct);
            await using var batch = new NpgsqlBatch(connection)
            {
                BatchCommands =
                {
                    Of("parked_clear.sql", Parameters.Of(projection.Name), Parameters.Of(ProjectionShard.Live)),
                    Of("rebuild_promote_parked.sql", Parameters.Of(projection.Name)),
                    Of("rebuild_promote.sql", Parameters.Of(projection.Name), Parameters.Of(time.GetUtcNow())),
                    Of("inline_set.sql", Parameters.Of(projection.Name), Parameters.Of(projection.IsInline)),
                },
            };
            await batch.ExecuteNonQueryAsync(ct);
            await transaction.CommitAsync(ct);
            return true;
        }
        catch (PostgresException busy) when (busy.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
        {
            return false;
        }
    }

    /// <summary>Gives a rebuild up.</summary>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> Cancel(Projection projection, CancellationToken ct)
    {
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var rows = await Lock(connection, projection.Name, [ProjectionShard.Shadow], ct);
        if (rows.Count == 0)
        {
            return false;
        }

        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { Of("rebuild_discard.sql", Parameters.Of(projection.Name)) } };
        await batch.ExecuteNonQueryAsync(ct);
        await projection.Writer(views).DropShadow(connection, ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    /// <summary>Delivers everything to a subscription again: there are no rows to be built beside others.</summary>
    public async Task Restart(Subscription subscription, CancellationToken ct)
    {
        var end = await feed.Refresh(ct);
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var rows = await Lock(connection, subscription.Name, [ProjectionShard.Live], ct);
        if (rows.Exists(row => row.IsBehind))
        {
            throw new RebuildRunningException(subscription.Name);
        }

        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                Of("parked_clear.sql", Parameters.Of(subscription.Name), Parameters.Of(ProjectionShard.Live)),
                Of("checkpoints_restart.sql", Parameters.Of(subscription.Name), Parameters.Of(end), Parameters.Of(time.GetUtcNow())),
            },
        };
        await batch.ExecuteNonQueryAsync(ct);
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
            var startedAt = reader.GetFieldValue<DateTimeOffset>(6);
            rebuilds.Add(new(
                reader.GetString(0),
                reader.GetInt32(1),
                (int)reader.GetInt64(2),
                (int)reader.GetInt64(3),
                reader.GetInt64(4),
                reader.GetInt64(5),
                startedAt,
                time.GetUtcNow() - startedAt,
                reader.GetBoolean(7)));
        }

        return rebuilds;
    }

    // The live rows stand still meanwhile, so this ends: the shadow's writers pass them, or they are too far behind for now.
    private async Task<bool> Passes(string projection, Dictionary<string, long> live, InlinePromotion promotion, CancellationToken ct)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            var positions = await ShadowPositions(projection, ct);
            if (await promotion.Passed(positions, live, ct))
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

    private async Task<Dictionary<string, long>> Count(NpgsqlConnection connection, string projection, long upTo, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Statements.Text("count_events.sql"), connection);
        command.Parameters.Add(Parameters.Of(catalog.AggregateTypesOf(projection).ToArray()));
        command.Parameters.Add(Parameters.Of(upTo));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        while (await reader.ReadAsync(ct))
        {
            counts.Add(reader.GetString(0), reader.GetInt64(1));
        }

        return counts;
    }

    private static async Task<List<LockedRow>> Lock(NpgsqlConnection connection, string projection, string[] slots, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Statements.Text("checkpoints_lock.sql"), connection);
        command.Parameters.Add(Parameters.Of(projection));
        command.Parameters.Add(Parameters.Of(slots));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<LockedRow>();
        while (await reader.ReadAsync(ct))
        {
            rows.Add(new(reader.GetString(0) == ProjectionShard.Shadow, reader.GetString(1), reader.GetInt32(2), reader.GetInt64(3), reader.GetBoolean(4), reader.GetBoolean(5)));
        }

        return rows;
    }

    private static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    private static NpgsqlBatchCommand Of(string file, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(Statements.Text(file));
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }

    private sealed record LockedRow(bool IsShadow, string Shard, int Version, long Position, bool IsBehind, bool IsInline)
    {
        // Or of a newer version: then this build has nothing to do.
        public bool IsOf(Projection projection) =>
            Version > projection.Version || (Version == projection.Version && (IsShadow || IsInline == projection.IsInline));
    }
}
