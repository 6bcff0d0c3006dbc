using Monolith.EventStore.Projections;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>
/// Removes what is stored of a tenant that is marked as being dropped. Every step may be repeated, so an interrupted drop goes on with the next call, and several hosts
/// may drop at once. The tenant's row goes last: as long as it is there, nobody can use the id.
/// </summary>
internal sealed class TenantDrop(NpgsqlDataSource dataSource, TimeProvider time, ShardWriters writers, VacantShards vacantShards)
{
    // Rows a transaction: few enough that nobody notices it.
    private const int BatchSize = 10_000;

    /// <param name="tenantId">The tenant.</param>
    /// <param name="others">What removes its rows from tables that are not the store's.</param>
    /// <param name="ct">Stops between two transactions.</param>
    public async Task Run(string tenantId, IReadOnlyList<RemoveRows> others, CancellationToken ct)
    {
        try
        {
            if (await Place(tenantId, ct) is not { } shard)
            {
                return;
            }

            await writers.Wait(shard.Name, Timeout.InfiniteTimeSpan, ct);
            if (!shard.IsPool)
            {
                await Execute("vacate_shard.sql", Parameters.Of(shard.Name), ct);
                await vacantShards.Remove(shard.Name, ct);
            }

            await Erase(tenantId, ct);

            // Now that the events are gone, whoever projects forgets what it has read of them. After that no new rows can come from them, nor from those who write
            // without appending once the last who entered has ended.
            await Renew(shard.Name, ct);
            await Execute("await_tenant_writers.sql", Parameters.Of(tenantId), ct);
            foreach (var other in others)
            {
                await Remove(tenantId, other, ct);
            }

            await Erase(tenantId, ct);
            await Forget(tenantId, ct);
            if (!shard.IsPool)
            {
                await vacantShards.Remove(shard.Name, ct);
            }
        }
        catch (PostgresException gone) when (PostgresErrors.IsTenantNotDropped(gone))
        {
            // Another host has finished meanwhile.
        }
        catch (Exception error) when (PostgresErrors.Map(error) is { } mapped)
        {
            throw mapped;
        }
    }

    private async Task<(string Name, bool IsPool)?> Place(string tenantId, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("place_of_tenant.sql"));
        command.Parameters.Add(Parameters.Of(tenantId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? (reader.GetString(0), reader.GetString(1) == "pool") : null;
    }

    private async Task Erase(string tenantId, CancellationToken ct)
    {
        foreach (var table in await Tables(ct))
        {
            while (await Erase(tenantId, table, ct) == BatchSize)
            {
            }
        }
    }

    private async Task<int> Erase(string tenantId, string table, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("erase_tenant_rows.sql"));
        command.Parameters.Add(Parameters.Of(tenantId));
        command.Parameters.Add(Parameters.Of(table));
        command.Parameters.Add(Parameters.Of(BatchSize));
        try
        {
            return (int)(await command.ExecuteScalarAsync(ct))!;
        }
        catch (PostgresException missing) when (PostgresErrors.IsLeafMissing(missing))
        {
            return 0;
        }
    }

    private async Task<List<string>> Tables(CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("tenant_tables.sql"));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var tables = new List<string>();
        while (await reader.ReadAsync(ct))
        {
            tables.Add(reader.GetString(0));
        }

        return tables;
    }

    private async Task Renew(string shard, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("checkpoints_renew.sql"));
        command.Parameters.Add(Parameters.Of(shard));
        command.Parameters.Add(Parameters.Of(time.GetUtcNow()));
        await command.ExecuteNonQueryAsync(ct);
    }

    private async Task Remove(string tenantId, RemoveRows rows, CancellationToken ct)
    {
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        int removed;
        do
        {
            await using var transaction = await connection.BeginTransactionAsync(ct);
            await using var hold = new NpgsqlCommand(Statements.Text("hold_dropped_tenant.sql"), connection) { Parameters = { Parameters.Of(tenantId) } };
            await hold.ExecuteNonQueryAsync(ct);
            removed = await rows(connection, tenantId, BatchSize, ct);
            await transaction.CommitAsync(ct);
        }
        while (removed == BatchSize);
    }

    private async Task Forget(string tenantId, CancellationToken ct)
    {
        await using var batch = dataSource.CreateBatch();
        foreach (var file in new[] { "hold_dropped_tenant.sql", "delete_tenant.sql" })
        {
            batch.BatchCommands.Add(new(Statements.Text(file)) { Parameters = { Parameters.Of(tenantId) } });
        }

        await batch.ExecuteNonQueryAsync(ct);
    }

    private async Task Execute(string file, NpgsqlParameter parameter, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text(file));
        command.CommandTimeout = 0;
        command.Parameters.Add(parameter);
        await command.ExecuteNonQueryAsync(ct);
    }
}
