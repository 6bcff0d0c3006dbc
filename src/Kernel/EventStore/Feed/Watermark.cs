using Npgsql;

namespace Monolith.EventStore;

/// <summary>
/// How far the feed may be read. Positions come from one sequence, and transactions commit in another order than they drew their positions:
/// a reader that went straight to the highest position would miss those that commit later below it.
/// </summary>
/// <remarks>
/// <para>
/// Every append takes one advisory lock, the fence, shared and until the end of its transaction, before it draws its first position. A step of
/// the watermark is one round trip of two statements, in this order: (1) the last position S that the sequence gave out, (2) the transactions
/// that hold the fence. Take any position p ≤ S. Whoever drew it held the fence before (1). Seen from (2) that transaction has either ended,
/// so p is committed and visible or will never exist, or it holds the fence still and is one of those listed. So when all those listed
/// have ended, nothing at or below S can appear any more: the watermark becomes S. Transactions that take the fence after (2) draw
/// positions above S and do not matter to this S.
/// </para>
/// <para>
/// PostgreSQL makes a commit visible before it releases the transaction's locks, so "no longer listed" implies "visible". A transaction that
/// is prepared for two-phase commit keeps the fence under a new virtual transaction; a prepared holder therefore counts as
/// one of those listed, whenever it shows up. Holders are told apart by virtual transaction, which is never used again while it matters:
/// a process runs its transactions one after the other under rising numbers, and one that is listed again is a later one only with another number.
/// </para>
/// <para>
/// A server that crashed may give out positions again: the sequence is written ahead to the log, but nobody waits for that until something
/// commits, so a position that only an unfinished append had drawn is forgotten with it. What was concluded from the old server's locks says
/// nothing of the new one's, and the same holds after a switch to another server. So a step that finds another server start, or a sequence that
/// has gone back, forgets everything and begins anew; the watermark falls to 0 until those who hold the fence then have ended.
/// </para>
/// <para>
/// Nothing here depends on a clock, a time-out or the age of other transactions. A rolled-back append leaves a gap that nobody waits for; a
/// transaction that appends nothing holds no fence and stalls nobody; a writer that dies gives its lock back. A dump keeps the sequence
/// and the events, so the watermark is right again after a restore. It must be read on the primary: a standby has no fence.
/// </para>
/// </remarks>
internal sealed class Watermark(NpgsqlDataSource dataSource, TimeProvider time) : IDisposable
{
    // More steps than this wait for their holders only when somebody holds the fence for long; newer ones then add nothing.
    private const int MaxPending = 64;

    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly List<Pending> pending = [];
    private readonly HashSet<string> told = new(StringComparer.Ordinal);
    private long current;
    private DateTime serverStart;

    /// <summary>Every position at or below is committed or will never exist; 0 before the first event.</summary>
    public long Current => Interlocked.Read(ref current);

    /// <summary>Whether positions are known that may not be read yet.</summary>
    public bool IsHeld { get; private set; }

    /// <summary>How long the oldest of them is held, and by which server process (0: a prepared transaction); null when none is.</summary>
    public (TimeSpan For, int ProcessId)? Hold
    {
        get
        {
            lock (pending)
            {
                return pending.Count == 0 ? null : (time.GetElapsedTime(pending[0].Since), pending[0].Holders.Values.FirstOrDefault());
            }
        }
    }

    /// <summary>The server processes (0: a prepared transaction) that hold the feed back for longer than this; each transaction is told once.</summary>
    public IReadOnlyList<(TimeSpan For, int ProcessId)> NewLongHolds(TimeSpan limit)
    {
        lock (pending)
        {
            if (pending.Count == 0)
            {
                told.Clear();
                return [];
            }

            // Whoever is listed there still was listed when it began, so all of them have held it for as long.
            var (held, holders) = (time.GetElapsedTime(pending[0].Since), pending[0].Holders);
            told.IntersectWith(holders.Keys);
            return held <= limit ? [] : [.. holders.Where(holder => told.Add(holder.Key)).Select(holder => (held, holder.Value))];
        }
    }

    /// <summary>One step: one round trip.</summary>
    /// <returns>Whether the watermark moved.</returns>
    public async Task<bool> Step(CancellationToken ct)
    {
        await turn.WaitAsync(ct);
        try
        {
            var (last, start, holders) = await Look(ct);
            return Advance(last, start, holders);
        }
        catch (Exception error) when (PostgresErrors.Map(error) is { } mapped)
        {
            throw mapped;
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();

    private async Task<(long Last, DateTime ServerStart, Dictionary<string, int> Holders)> Look(CancellationToken ct)
    {
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands = { new(Statements.Text("last_position.sql")), new(Statements.Text("fence_holders.sql")) },
        };
        await using var reader = await batch.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        var last = reader.GetInt64(0);
        var start = reader.GetDateTime(1);
        await reader.NextResultAsync(ct);
        var holders = new Dictionary<string, int>(StringComparer.Ordinal);
        while (await reader.ReadAsync(ct))
        {
            holders[reader.GetString(0)] = reader.GetInt32(1);
        }

        return (last, start, holders);
    }

    private bool Advance(long last, DateTime start, Dictionary<string, int> holders)
    {
        lock (pending)
        {
            var reached = current;
            if (start != serverStart || last < reached)
            {
                reached = 0;
                pending.Clear();
                serverStart = start;
            }

            foreach (var step in pending)
            {
                step.Update(holders);
            }

            // A later step lists whoever an earlier one still lists, so the finished ones come first.
            while (pending.Count > 0 && pending[0].Holders.Count == 0)
            {
                reached = Math.Max(reached, pending[0].Last);
                pending.RemoveAt(0);
            }

            if (holders.Count == 0)
            {
                reached = Math.Max(reached, last);
                pending.Clear();
            }
            else if (last > reached && pending.Count < MaxPending && (pending.Count == 0 || pending[^1].Last < last))
            {
                pending.Add(new(last, holders, time.GetTimestamp()));
            }

            IsHeld = pending.Count > 0;
            var moved = reached > current;
            Interlocked.Exchange(ref current, reached);
            return moved;
        }
    }

    private sealed class Pending(long last, Dictionary<string, int> holders, long since)
    {
        public long Last { get; } = last;

        public Dictionary<string, int> Holders { get; } = new(holders, StringComparer.Ordinal);

        public long Since { get; } = since;

        public void Update(Dictionary<string, int> now)
        {
            foreach (var holder in Holders.Keys)
            {
                if (!now.ContainsKey(holder))
                {
                    Holders.Remove(holder);
                }
            }

            foreach (var (holder, processId) in now)
            {
                if (processId == 0)
                {
                    Holders[holder] = processId;
                }
            }
        }
    }
}
