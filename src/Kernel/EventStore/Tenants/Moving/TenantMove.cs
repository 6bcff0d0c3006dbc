using System.Globalization;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>Moves one tenant between the pool and a shard of its own, while hosts run. One use each.</summary>
/// <remarks>
/// <para>
/// One transaction takes the tenant's rows from the leaves of one shard and puts them into those of another. Everybody else sees every event in exactly one of
/// the two, because a snapshot lies before its commit or after. It begins while the tenant is written to: it takes all events up to a position below which
/// nothing can appear any more, which is nearly all of them, however long that takes. Only then comes the step for which appends have to wait: the tenant
/// is said to be moving, which commits by itself; those that began to append before that end (see <see cref="ShardWriters"/>); the transaction
/// takes the events that came since, says where the tenant lies, and commits. Reads go on all the time.
/// </para>
/// <para>
/// Positions do not change, so readers of the whole feed notice nothing. Projections have checkpoints of their own for each shard; see
/// <see cref="CheckpointHandover"/>.
/// </para>
/// <para>
/// From before it begins the transaction holds the tenant's lock. When it fails, whatever the reason, nothing has happened but the word 'moving', and whoever
/// finds that with the lock free takes it back (see <see cref="MoveWaiting"/>). The step for which appends wait may last half as long as they wait.
/// </para>
/// </remarks>
internal sealed class TenantMove(
    NpgsqlDataSource dataSource, TimeProvider time, EventStoreOptions options, ShardWriters writers, string tenantId, TenantPlacement placement)
{
    private readonly Backoff pauses = new(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(100), time);
    private long? pausedAt;

    // How long the present step may last: all of it, or what is left of the time for which appends wait.
    private TimeSpan Left => pausedAt is { } since ? options.LongestTenantMove / 2 - time.GetElapsedTime(since) : options.LongestTenantMove;

    /// <returns>False when it has to be tried again, because a move that was abandoned has to be ended first.</returns>
    public async Task<bool> Run(CancellationToken ct)
    {
        try
        {
            await using var mover = await dataSource.OpenConnectionAsync(ct);
            await using var transaction = await mover.BeginTransactionAsync(ct);
            await Begin(mover, ct);
            var (from, isPool, status) = await Place(mover, ct);
            if (status == TenantStatus.Moving)
            {
                return false;
            }

            if (isPool == (placement == TenantPlacement.Pool))
            {
                return true;
            }

            var to = placement == TenantPlacement.Pool ? await PoolShard(mover, ct) : await NewShard(mover, ct);
            await Move(mover, transaction, from, to, ct);

            // Cancelled now, nobody would know whether it has happened.
            await transaction.CommitAsync(CancellationToken.None);
            return true;
        }
        catch (Exception error) when (PostgresErrors.Map(error) is { } mapped)
        {
            throw mapped;
        }
    }

    private async Task Move(NpgsqlConnection mover, NpgsqlTransaction transaction, string from, string to, CancellationToken ct)
    {
        var handover = new CheckpointHandover(dataSource, time, tenantId, from, to, placement);
        if (await MakeArchives(to, ct) || placement == TenantPlacement.Dedicated)
        {
            await PlannedAnew(ct);
        }

        var settled = await Settle(from, ct);
        var last = await MoveRows(mover, from, to, after: 0, upTo: settled, isLast: false, ct);
        await UntilProjected(handover, last, ct);

        pausedAt = time.GetTimestamp();
        await Pause(ct);
        var settledNow = await Settle(from, ct);
        last = Math.Max(last, await MoveRows(mover, from, to, after: settled, upTo: long.MaxValue, isLast: true, ct));
        if (last > settledNow)
        {
            // Somebody drew a position below the last one, perhaps, and has not committed yet.
            await Settle(from, ct);
        }

        await HandOver(handover, transaction, last, ct);
        await Execute(mover, "settle_tenant.sql", ct, Parameters.Of(tenantId), Parameters.Of(to));
    }

    private async Task Begin(NpgsqlConnection mover, CancellationToken ct)
    {
        await Execute(mover, "begin_move.sql", ct);
        await Execute(mover, "lock_timeout.sql", ct, Milliseconds(options.LongestTenantMove));
        try
        {
            await Execute(mover, "lock_tenant.sql", ct, Parameters.Of(tenantId));
        }
        catch (PostgresException busy) when (busy.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            throw new TenantMovingException(tenantId);
        }
    }

    private async Task<(string Shard, bool IsPool, TenantStatus Status)> Place(NpgsqlConnection mover, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Statements.Text("place_of_tenant.sql"), mover) { Parameters = { Parameters.Of(tenantId) } };
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) && Tenants.StatusOf(reader.GetString(2)) is var status and not TenantStatus.Dropping
            ? (reader.GetString(0), reader.GetString(1) == "pool", status)
            : throw new UnknownTenantException(tenantId);
    }

    private static async Task<string> PoolShard(NpgsqlConnection mover, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Statements.Text("emptiest_pool_shard.sql"), mover);
        return (string)(await command.ExecuteScalarAsync(ct))!;
    }

    // Its partitions have to be there for all, so another transaction makes them. Nobody sees a vacant shard, and nobody removes this one: it is reserved before
    // there is anything to be removed.
    private async Task<string> NewShard(NpgsqlConnection mover, CancellationToken ct)
    {
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await Execute(connection, "migration_lock.sql", ct);
        await using var add = new NpgsqlCommand(Statements.Text("add_vacant_shard.sql"), connection) { Parameters = { Parameters.Of(time.GetUtcNow()) } };
        var shard = (string)(await add.ExecuteScalarAsync(ct))!;
        await Execute(mover, "reserve_shard.sql", ct, Parameters.Of(shard));
        await Execute(connection, "ensure_partitions.sql", ct);
        await transaction.CommitAsync(ct);
        return shard;
    }

    // Not by the mover: who makes partitions holds off all others who do, to the end of the transaction.
    private async Task<bool> MakeArchives(string to, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("ensure_archives_of_tenant.sql"));
        command.Parameters.Add(Parameters.Of(tenantId));
        command.Parameters.Add(Parameters.Of(to));
        return (long)(await command.ExecuteScalarAsync(ct))! > 0;
    }

    // Who reads a type or all types plans over the partitions that there are, and takes the snapshot afterwards: a plan from before the new ones were made,
    // with a snapshot from after the move, would find the tenant's events in neither shard, and a reader of the feed would lose them.
    private async Task PlannedAnew(CancellationToken ct)
    {
        if (await writers.WaitForReaders(Left, ct) is { Count: > 0 } open)
        {
            throw new TenantNotMovedException(
                tenantId, $"transactions that had read events before its new partitions were made are open for too long, in the server processes {string.Join(", ", open)}");
        }
    }

    private async Task<long> Settle(string shard, CancellationToken ct)
    {
        var (settled, open) = await writers.Wait(shard, Left, ct);
        return open.Count == 0
            ? settled
            : throw new TenantNotMovedException(
                tenantId, $"transactions that may have appended to it are open for too long, in the server processes {string.Join(", ", open)}");
    }

    private async Task<long> MoveRows(NpgsqlConnection mover, string from, string to, long after, long upTo, bool isLast, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Statements.Text("move_tenant_rows.sql"), mover)
        {
            CommandTimeout = 0,
            Parameters = { Parameters.Of(tenantId), Parameters.Of(from), Parameters.Of(to), Parameters.Of(after), Parameters.Of(upTo), Parameters.Of(isLast) },
        };
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    private async Task Pause(CancellationToken ct)
    {
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(new(Statements.Text("lock_timeout.sql")) { Parameters = { Milliseconds(Left) } });
        batch.BatchCommands.Add(new(Statements.Text("pause_tenant.sql")) { Parameters = { Parameters.Of(tenantId) } });
        await batch.ExecuteNonQueryAsync(ct);
    }

    // While the tenant is still written to, so that little is left to be projected when it is not.
    private async Task UntilProjected(CheckpointHandover handover, long last, CancellationToken ct)
    {
        var started = time.GetTimestamp();
        for (var looks = 1; await handover.Behind(last, ct) is { Count: > 0 } behind; looks++)
        {
            if (time.GetElapsedTime(started) > Left)
            {
                throw IsBehind(behind);
            }

            await pauses.Pause(looks, ct);
        }
    }

    private async Task HandOver(CheckpointHandover handover, NpgsqlTransaction transaction, long last, CancellationToken ct)
    {
        const string savepoint = "monolith_handover";
        for (var attempt = 1; ; attempt++)
        {
            await transaction.SaveAsync(savepoint, ct);
            IReadOnlyList<string> behind = [];
            try
            {
                behind = await handover.Try(transaction.Connection!, last, ct);
                if (behind.Count == 0)
                {
                    return;
                }
            }
            catch (PostgresException busy) when (busy.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
            {
                // A batch that takes long, or a rebuild that begins or ends.
            }

            await transaction.RollbackAsync(savepoint, ct);
            if (Left <= TimeSpan.Zero)
            {
                throw behind.Count > 0 ? IsBehind(behind) : new TenantNotMovedException(tenantId, "the checkpoints of its projections are in use for too long");
            }

            await pauses.Pause(attempt, ct);
        }
    }

    private TenantNotMovedException IsBehind(IReadOnlyList<string> projections) =>
        new(tenantId, $"projections have not passed its last event: {string.Join(", ", projections)}");

    private static NpgsqlParameter Milliseconds(TimeSpan time) =>
        Parameters.Of(((long)Math.Max(1, time.TotalMilliseconds)).ToString(CultureInfo.InvariantCulture));

    private static async Task Execute(NpgsqlConnection connection, string file, CancellationToken ct, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(Statements.Text(file), connection) { CommandTimeout = 0 };
        command.Parameters.AddRange(parameters);
        await command.ExecuteNonQueryAsync(ct);
    }
}
