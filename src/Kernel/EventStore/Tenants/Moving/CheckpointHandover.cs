using Monolith.EventStore.Projections;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>What a move does to the checkpoints of projections, which each have one for each shard: no event of the tenant is projected twice or never.</summary>
/// <remarks>
/// <para>
/// A shard of its own is filled by the move and appears with it. Its checkpoints, those of running rebuilds included, are copies of those of the shard
/// that the tenant comes from: what was projected there is passed here, and nothing else.
/// </para>
/// <para>
/// A shard of the pool has checkpoints already. An event of the tenant that only one of the two checkpoints has passed would be lost or projected twice. So both
/// must have passed the tenant's last event, of every projection and every running rebuild; where they have not, the move waits, and is given up when that
/// takes too long. In the shard to which the tenant comes a checkpoint that has only the tenant's own events before it may be put behind them.
/// </para>
/// <para>
/// Whoever projects one of the shards may have read events, or know of parked aggregates, that are elsewhere now. A new fence makes them start anew from what is
/// stored. Nobody moves, adds or removes any checkpoint while this is decided: batches on their way end first. The parked events of the tenant, and
/// the record of those that were left out, go with it.
/// </para>
/// </remarks>
internal sealed class CheckpointHandover(
    NpgsqlDataSource dataSource, TimeProvider time, string tenantId, string from, string to, TenantPlacement placement)
{
    // Whoever projects waits as long as this waits for a batch to end; less than the time after which the server looks for deadlocks, so that it is
    // never somebody else who has to give way.
    private const string Patience = "500";
    private const string NoOtherMoves = "lock table eventstore.projection_checkpoints in share row exclusive mode";

    /// <summary>The projections that stand in the way at the moment.</summary>
    /// <param name="last">The position of the tenant's last event; 0 for none.</param>
    /// <param name="ct">Stops the call.</param>
    public async Task<IReadOnlyList<string>> Behind(long last, CancellationToken ct)
    {
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        return await Behind(connection, last, ct);
    }

    /// <summary>Hands the checkpoints over, in the mover's transaction.</summary>
    /// <returns>The projections that stand in the way: then nothing was changed, but locks are held.</returns>
    public async Task<IReadOnlyList<string>> Try(NpgsqlConnection mover, long last, CancellationToken ct)
    {
        await using var locks = new NpgsqlBatch(mover)
        {
            BatchCommands =
            {
                Of("lock_timeout.sql", Parameters.Of(Patience)),
                Of("checkpoints_of_shards_lock.sql", Parameters.Of<string[]>([from, to])),
                new(NoOtherMoves),
            },
        };
        await locks.ExecuteNonQueryAsync(ct);
        if (await Behind(mover, last, ct) is { Count: > 0 } behind)
        {
            return behind;
        }

        var now = Parameters.Of(time.GetUtcNow());
        await using var batch = new NpgsqlBatch(mover);
        if (placement == TenantPlacement.Dedicated)
        {
            batch.BatchCommands.Add(Of("occupy_shard.sql", Parameters.Of(to)));
            batch.BatchCommands.Add(Of("checkpoints_copy.sql", Parameters.Of(from), Parameters.Of(to), Parameters.Of(time.GetUtcNow())));
            batch.BatchCommands.Add(Of("checkpoints_renew.sql", Parameters.Of(from), now));
        }
        else
        {
            batch.BatchCommands.Add(Of("checkpoints_pass.sql", Parameters.Of(to), Parameters.Of(last), now));
        }

        batch.BatchCommands.Add(Of("parked_to_shard.sql", Parameters.Of(tenantId), Parameters.Of(from), Parameters.Of(to)));
        batch.BatchCommands.Add(Of("skipped_to_shard.sql", Parameters.Of(tenantId), Parameters.Of(from), Parameters.Of(to)));
        if (placement == TenantPlacement.Pool)
        {
            batch.BatchCommands.Add(Of("vacate_shard.sql", Parameters.Of(from)));
        }

        await batch.ExecuteNonQueryAsync(ct);
        return [];
    }

    private async Task<IReadOnlyList<string>> Behind(NpgsqlConnection connection, long last, CancellationToken ct)
    {
        var behind = new List<string>();
        if (placement == TenantPlacement.Dedicated || last == 0)
        {
            return behind;
        }

        await using var command = new NpgsqlCommand(Statements.Text("projections_behind.sql"), connection)
        {
            Parameters = { Parameters.Of(tenantId), Parameters.Of(from), Parameters.Of(to), Parameters.Of(last) },
        };
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            behind.Add(reader.GetString(0));
        }

        return behind;
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
}
