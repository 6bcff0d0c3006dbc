using Monolith.EventStore.Projections;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>
/// Removes shards that hold nothing any more: what a tenant leaves behind that was dropped, moved back to the pool, or not moved after all. Leaf by leaf, each in
/// a transaction of its own.
/// </summary>
internal sealed class VacantShards(NpgsqlDataSource dataSource, TimeProvider time)
{
    // Detaching a leaf needs its parent for a moment, and whoever comes after waits as long as it waits for those before: so it does not wait for long, and
    // below the time after which the server looks for deadlocks, so that it is never somebody else who has to give way.
    private const int Patience = 200;

    private readonly Backoff pauses = new(TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(1), time);

    /// <summary>Removes a vacant shard; while a tenant that is being dropped refers to it, its leaves only. Nothing happens when a move is about to fill it.</summary>
    public async Task Remove(string shard, CancellationToken ct)
    {
        for (var failures = 0; ;)
        {
            try
            {
                await using var command = dataSource.CreateCommand(Statements.Text("remove_from_vacant_shard.sql"));
                command.Parameters.Add(Parameters.Of(shard));
                command.Parameters.Add(Parameters.Of(Patience));
                if (await command.ExecuteScalarAsync(ct) is not true)
                {
                    return;
                }

                failures = 0;
            }
            catch (PostgresException busy) when (busy.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
            {
                await pauses.Pause(++failures, ct);
            }
        }
    }

    /// <summary>
    /// Removes all that belong to nobody. Best effort: what is in use for longer than that (a dump reads all partitions) is removed when the next tenant is moved or
    /// dropped, and costs nothing meanwhile.
    /// </summary>
    public async Task RemoveAll(TimeSpan longest, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            foreach (var shard in await List(either.Token))
            {
                await Remove(shard, either.Token);
            }
        }
        catch (Exception problem) when (problem is OperationCanceledException || Failures.IsOutage(problem))
        {
            // What was asked for is done already.
        }
    }

    private async Task<List<string>> List(CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("vacant_shards.sql"));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var shards = new List<string>();
        while (await reader.ReadAsync(ct))
        {
            shards.Add(reader.GetString(0));
        }

        return shards;
    }
}
