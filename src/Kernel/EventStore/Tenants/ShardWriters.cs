using Monolith.EventStore.Projections;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>
/// Waits until nobody writes to a shard any more as a tenant was allowed to before its row was changed: what a move and a drop do after they have said
/// that the tenant may not be written to, and before they touch its rows.
/// </summary>
/// <remarks>
/// <para>
/// A statement that appends checks in its own snapshot that the tenant may write, and inserts. One whose snapshot is older than the change may insert long
/// after it. Every such statement has locked the leaf that it names for writing, because the server takes the locks of a statement before its
/// snapshot, and keeps that lock to the end of its transaction. So those that matter have ended already, or are listed as holders of that lock by
/// whoever looks after the change has been committed. A transaction that checks first and inserts with a later statement holds the fence
/// meanwhile, as whoever draws positions must, so holders of the fence are waited for as well. The fence alone would not do: a single statement takes
/// it after its snapshot.
/// </para>
/// <para>
/// Those that begin later see the change, and are not waited for. As for the watermark, holders are told apart by virtual transaction, and one that is
/// prepared for two-phase commit shows up under another one, so a prepared holder counts whenever it shows up. And as there, when those listed have ended,
/// every position that had been drawn before the list was made is committed or will never exist.
/// </para>
/// </remarks>
internal sealed class ShardWriters(NpgsqlDataSource dataSource, TimeProvider time)
{
    private readonly Backoff pauses = new(TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(50), time);

    /// <summary>Waits for those that may write to a shard at this moment.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="longest">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for as long as it takes.</param>
    /// <param name="ct">Stops the wait.</param>
    /// <returns>
    /// The position up to which everything is committed or will never exist, and the server processes that have not ended in that time, 0 for a prepared
    /// transaction.
    /// </returns>
    public Task<(long Settled, IReadOnlyCollection<int> Open)> Wait(string shard, TimeSpan longest, CancellationToken ct) =>
        Wait(() => new(Statements.Text("shard_writers.sql")) { Parameters = { Parameters.Of(shard) } }, longest, ct);

    /// <summary>Waits for those that may read at this moment over the partitions that there were before.</summary>
    /// <returns>The server processes that have not ended in that time.</returns>
    public async Task<IReadOnlyCollection<int>> WaitForReaders(TimeSpan longest, CancellationToken ct) =>
        (await Wait(() => new(Statements.Text("partition_readers.sql")), longest, ct)).Open;

    private async Task<(long Settled, IReadOnlyCollection<int> Open)> Wait(Func<NpgsqlBatchCommand> those, TimeSpan longest, CancellationToken ct)
    {
        var started = time.GetTimestamp();
        var (position, open) = await Look(those(), ct);
        for (var looks = 1; open.Count > 0; looks++)
        {
            if (longest != Timeout.InfiniteTimeSpan && time.GetElapsedTime(started) > longest)
            {
                break;
            }

            await pauses.Pause(looks, ct);
            var (_, now) = await Look(those(), ct);
            open = now.Where(holder => holder.Value == 0 || open.ContainsKey(holder.Key)).ToDictionary(StringComparer.Ordinal);
        }

        return (position, open.Values);
    }

    private async Task<(long Position, Dictionary<string, int> Holders)> Look(NpgsqlBatchCommand those, CancellationToken ct)
    {
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(new(Statements.Text("last_position.sql")));
        batch.BatchCommands.Add(those);
        await using var reader = await PostgresErrors.Translate(batch.ExecuteReaderAsync(ct));
        await reader.ReadAsync(ct);
        var position = reader.GetInt64(0);
        await reader.NextResultAsync(ct);
        var holders = new Dictionary<string, int>(StringComparer.Ordinal);
        while (await reader.ReadAsync(ct))
        {
            holders[reader.GetString(0)] = reader.GetInt32(1);
        }

        return (position, holders);
    }
}
