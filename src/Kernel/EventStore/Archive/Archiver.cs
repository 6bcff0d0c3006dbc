using Monolith.EventSourcing;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.EventStore;

/// <summary>
/// Closes streams and moves their rows into the archive of their shard, and back. No append is lost or misplaced by it, and none to other streams waits.
/// </summary>
/// <remarks>
/// <para>
/// Moving is one transaction: rows vanish from the hot leaf and appear in the cold one at the same moment, with their positions, versions, times and
/// ids. What has to be kept out is an append that has seen the stream before the move and inserts the next version into the hot leaf
/// after it. Nothing that both touch would tell either: the append locks no row of the stream, and the version that it inserts is new. And
/// appends are not to pay for it. So there are two steps, each committed by itself.
/// </para>
/// <para>
/// (1) The stream is marked: a row in <c>archived_streams</c>, and a count in the tenant's row, which every append reads anyway. While that is not 0,
/// appends of the tenant look for a mark on their stream, and refuse it. Whoever begins to append after this commit sees the mark. Whoever
/// has begun before is waited for: a statement that inserts into a leaf takes RowExclusiveLock on it before it takes the snapshot with which it
/// looks at the stream, and keeps it until its transaction ends. So list, after the commit, the transactions that hold that lock. One that
/// is not listed has ended, and what it wrote will be seen; or takes the lock, and therefore its snapshot, later than the commit, and sees the mark.
/// Those who hold the fence are waited for too, for the sake of writers by other means that take the fence, look, and insert
/// with later statements. Snapshots are written under the same rule: their statement looks for the mark, and their leaf's lock is listed.
/// </para>
/// <para>
/// Readers have a moment like that too. Who reads a type or all types plans over the partitions that there are, and takes the snapshot afterwards: a plan from
/// before the archive was made, with a snapshot from after the move, would find the rows in neither leaf, and a projection would lose them. So those who hold a
/// lock on a parent of the leaf, and none on its archive, are waited for as well. Mostly that is nobody: it takes a long transaction that has read other
/// shards only, or has begun before the archive was made.
/// </para>
/// <para>
/// (2) When all those listed have ended, no other append can come, so the version that is found now is final. If it is the expected one the rows are
/// moved, else the mark is taken away and the caller gets the conflict. The count goes down, and the mark stays: a stream in the archive has
/// no rows in the hot leaf, and an append that finds no rows looks for a mark.
/// </para>
/// <para>
/// A caller who gives up between the steps takes the mark away. A process that dies there leaves it: the stream can be read where it always was, appends to
/// it are refused, and archiving or restoring it again ends that. Several may archive the same stream at once: each waits since the mark that it
/// found, whose id it names in the second step, so nobody relies on a mark that was made again after his waiting.
/// </para>
/// <para>
/// The way back needs no waiting: until it commits an append finds no rows and the mark, afterwards rows and no mark.
/// </para>
/// </remarks>
internal sealed class Archiver(NpgsqlDataSource dataSource, Tenants tenants, TimeProvider time)
{
    private static readonly TimeSpan ShortestLook = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestLook = TimeSpan.FromMilliseconds(100);

    private readonly AppendInquiry inquiry = new(dataSource.CreateCommand);
    private readonly Ownership ownership = new(dataSource);

    /// <returns>Whether it was not archived before.</returns>
    /// <exception cref="AggregateNotFoundException">There is no such stream.</exception>
    /// <exception cref="ConcurrencyException">The stream is not at the expected version, or somebody wrote to it meanwhile.</exception>
    public async Task<bool> Archive(StreamId stream, ExpectedVersion expected, CancellationToken ct)
    {
        await ownership.Require("Archiving a stream", ct);
        var attempt = Guid.NewGuid();
        while (true)
        {
            var leaf = Leaf.Of(stream.AggregateType, await tenants.ShardOf(stream.TenantId, ct));
            var (outcome, version, mark) = await Begin(stream, leaf, expected, attempt, ct);
            switch (outcome)
            {
                case "archived":
                    return false;
                case "missing":
                    throw new AggregateNotFoundException(stream);
                case "conflict":
                    throw new ConcurrencyException(stream, expected, version);
                case "marking" when await Move(stream, leaf, expected, mark, isOwn: mark == attempt, ct):
                    return true;
            }

            // Disabled, dropped, or moved to another shard; or somebody else has taken the mark away that we waited with.
            await tenants.Find(stream.TenantId, ct);
        }
    }

    /// <returns>Whether it was archived.</returns>
    /// <exception cref="AggregateNotFoundException">There is no such stream.</exception>
    public async Task<bool> Restore(StreamId stream, CancellationToken ct)
    {
        await ownership.Require("Restoring a stream", ct);
        while (true)
        {
            var leaf = Leaf.Of(stream.AggregateType, await tenants.ShardOf(stream.TenantId, ct));
            await using var command = Command("restore_stream.sql", stream.TenantId, stream.AggregateType, leaf.Shard, stream.AggregateId);
            switch ((string)(await command.ExecuteScalarAsync(ct))!)
            {
                case "restored":
                    return true;
                case "open" when await inquiry.VersionAnywhere(stream, leaf, ct) > 0:
                    return false;
                case "open" when await tenants.Find(stream.TenantId, ct) == leaf.Shard:
                    throw new AggregateNotFoundException(stream);
            }

            // Disabled, dropped, or moved to another shard, be it after the stream was found open.
            await tenants.Find(stream.TenantId, ct);
        }
    }

    private async Task<(string Outcome, long Version, Guid Mark)> Begin(
        StreamId stream, Leaf leaf, ExpectedVersion expected, Guid attempt, CancellationToken ct)
    {
        await using var command = Command(
            "begin_archiving.sql", stream.TenantId, stream.AggregateType, leaf.Shard, stream.AggregateId, expected.Value, attempt);
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return (reader.GetString(0), reader.GetInt64(1), reader.IsDBNull(2) ? Guid.Empty : reader.GetGuid(2));
    }

    // False when it has to begin anew.
    private async Task<bool> Move(StreamId stream, Leaf leaf, ExpectedVersion expected, Guid mark, bool isOwn, CancellationToken ct)
    {
        var done = false;
        try
        {
            await using (var ensure = Command("ensure_archive.sql", leaf.AggregateType, leaf.Shard))
            {
                await ensure.ExecuteNonQueryAsync(ct);
            }

            await WritersEnded(leaf, ct);
            done = await Finish(stream, leaf, expected, mark, ct);
        }
        catch (PostgresException error) when (PostgresErrors.IsLeafMissing(error))
        {
            await tenants.RequireElsewhere(stream.TenantId, leaf, error, ct);
        }
        finally
        {
            if (!done && isOwn)
            {
                await Abandon(stream, mark);
            }
        }

        return done;
    }

    private async Task<bool> Finish(StreamId stream, Leaf leaf, ExpectedVersion expected, Guid mark, CancellationToken ct)
    {
        await using var command = Command(
            "finish_archiving.sql", stream.TenantId, stream.AggregateType, leaf.Shard, stream.AggregateId, expected.Value, mark,
            time.GetUtcNow());
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return reader.GetString(0) switch
        {
            "archived" => true,
            "conflict" => throw new ConcurrencyException(stream, expected, reader.GetInt64(1)),
            _ => false,
        };
    }

    // As well as may be: when the server is gone the mark stays, and the caller hears of the server.
    private async Task Abandon(StreamId stream, Guid mark)
    {
        try
        {
            await using var command = Command("abandon_archiving.sql", stream.TenantId, stream.AggregateType, stream.AggregateId, mark);
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (NpgsqlException)
        {
        }
    }

    // Those who are listed first, and prepared transactions whenever they show up: preparing one moves its locks to another virtual transaction.
    private async Task WritersEnded(Leaf leaf, CancellationToken ct)
    {
        HashSet<string>? waitedFor = null;
        for (var look = ShortestLook; ; look = look * 2 < LongestLook ? look * 2 : LongestLook)
        {
            var writers = await Writers(leaf, ct);
            waitedFor ??= [.. writers.Keys];
            waitedFor.RemoveWhere(writer => !writers.ContainsKey(writer));
            if (waitedFor.Count == 0 && !writers.ContainsValue(true))
            {
                return;
            }

            await Task.Delay(look, time, ct);
        }
    }

    private async Task<Dictionary<string, bool>> Writers(Leaf leaf, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(leaf.Statement("stream_writers.sql"));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var writers = new Dictionary<string, bool>(StringComparer.Ordinal);
        while (await reader.ReadAsync(ct))
        {
            writers[reader.GetString(0)] = reader.GetBoolean(1);
        }

        return writers;
    }

    private NpgsqlCommand Command(string file, params ReadOnlySpan<object> values)
    {
        var command = dataSource.CreateCommand(Statements.Text(file));
        foreach (var value in values)
        {
            command.Parameters.Add(
                value is DateTimeOffset now ? new NpgsqlParameter<DateTimeOffset> { TypedValue = now, NpgsqlDbType = NpgsqlDbType.TimestampTz } : new NpgsqlParameter { Value = value });
        }

        return command;
    }
}
