using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>
/// Lets appends that wait at the same moment share a round trip and a commit. Nobody waits for company: an append goes straight to the
/// server while a lane is free, and what arrives while all lanes are on their way leaves together when one comes back.
/// </summary>
/// <remarks>
/// <para>
/// Appends to one stream keep the order in which they came: a stream has at most one append on its way, and a batch holds at most one of each
/// stream, so an append never has to see what another of the same statement writes. Appends with claims, those that inline projections are applied to, and large ones travel
/// by themselves and take no lane, since they would hold up the others, but their streams keep the order too.
/// </para>
/// <para>
/// A batch that the server refuses as a whole (a lost race with another host, text it cannot store, a lock that somebody holds for long) is
/// repeated one by one, each with its own answer; it was rolled back, so nothing is stored twice. A lane is taken while the server
/// works, not while an append waits for somebody's open transaction. When the connection breaks nobody knows, and
/// every caller hears of that. A caller that cancels while it waits here withdraws its append; once its batch is on its way the caller gets
/// its cancellation, and the append is written whole or not at all.
/// </para>
/// </remarks>
internal sealed class AppendCoalescer(AppendCommands commands, int lanes)
{
    private const int MaxAppends = 512;
    private const int MaxEvents = 2048;
    private const int MaxBytes = 4 * 1024 * 1024;
    private const int LargeEvents = 64;
    private const int LargeBytes = 256 * 1024;

    private readonly Lock gate = new();
    private readonly LinkedList<Waiting> queue = [];
    private readonly HashSet<StreamId> onTheirWay = [];
    private int lanesTaken;

    public Task<AppendOutcome> Append(EncodedAppend append, CancellationToken ct)
    {
        var alone = !append.Request.Claims.IsEmpty || commands.IsInline(append) || append.Count > LargeEvents || append.Bytes > LargeBytes;
        Waiting waiting;
        lock (gate)
        {
            var free = (alone || lanesTaken < lanes) && !onTheirWay.Contains(append.Stream) && (queue.Count == 0 || !IsQueued(append.Stream));
            if (free)
            {
                onTheirWay.Add(append.Stream);
                lanesTaken += alone ? 0 : 1;
                waiting = null!;
            }
            else
            {
                waiting = new(append, alone, ct);
                waiting.Node = queue.AddLast(waiting);
            }
        }

        return waiting is null ? Straight(append, !alone, ct) : Queued(waiting, ct);
    }

    // Whoever waits for somebody's open transaction waits for as long as it takes, but gives the lane back: it holds up nobody else.
    private async Task<AppendOutcome> Straight(EncodedAppend append, bool inLane, CancellationToken ct)
    {
        try
        {
            var sent = commands.One(append, ct);
            if (inLane)
            {
                await ((Task)sent.WaitAsync(AppendCommands.LongestLockWait, CancellationToken.None)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (!sent.IsCompleted)
                {
                    Land([], 1);
                    inLane = false;
                }
            }

            return await sent;
        }
        finally
        {
            Land([append.Stream], inLane ? 1 : 0);
        }
    }

    private async Task<AppendOutcome> Queued(Waiting waiting, CancellationToken ct)
    {
        await using var registration = ct.UnsafeRegister(static (state, token) => ((Waiting)state!).Answer.TrySetCanceled(token), waiting);
        try
        {
            return await waiting.Answer.Task;
        }
        finally
        {
            Withdraw(waiting);
        }
    }

    private void Withdraw(Waiting waiting)
    {
        lock (gate)
        {
            if (waiting.Node is { List: not null } node)
            {
                queue.Remove(node);
            }
        }
    }

    private bool IsQueued(StreamId stream)
    {
        foreach (var waiting in queue)
        {
            if (waiting.Append.Stream == stream)
            {
                return true;
            }
        }

        return false;
    }

    private void Land(IEnumerable<StreamId> streams, int lanesGivenBack)
    {
        List<Waiting[]> departures = [];
        lock (gate)
        {
            onTheirWay.ExceptWith(streams);
            lanesTaken -= lanesGivenBack;
            while (Gather() is { } batch)
            {
                departures.Add(batch);
            }
        }

        foreach (var batch in departures)
        {
            _ = Send(batch);
        }
    }

    // The oldest first. A stream that is on its way keeps its later appends waiting, and theirs keep those behind them.
    private Waiting[]? Gather()
    {
        List<Waiting> batch = [];
        HashSet<StreamId> passed = [];
        var (events, bytes) = (0, 0L);
        for (var node = queue.First; node is not null && batch.Count < MaxAppends; node = node.Next)
        {
            var waiting = node.Value;
            if (onTheirWay.Contains(waiting.Append.Stream) || !passed.Add(waiting.Append.Stream))
            {
                continue;
            }

            if (waiting.Alone)
            {
                if (batch.Count > 0)
                {
                    continue;
                }

                Depart(waiting);
                return [waiting];
            }

            if (lanesTaken == lanes || events + waiting.Append.Count > MaxEvents || bytes + waiting.Append.Bytes > MaxBytes)
            {
                continue;
            }

            events += waiting.Append.Count;
            bytes += waiting.Append.Bytes;
            batch.Add(waiting);
        }

        if (batch.Count == 0)
        {
            return null;
        }

        batch.ForEach(Depart);
        lanesTaken++;
        return [.. batch];
    }

    private void Depart(Waiting waiting)
    {
        queue.Remove(waiting.Node!);
        onTheirWay.Add(waiting.Append.Stream);
    }

    private async Task Send(Waiting[] batch)
    {
        // Whoever lands a batch must not run the next one's encoding on its own stack.
        await Task.Yield();
        if (batch.Length == 1)
        {
            await SendAlone(batch[0], inLane: !batch[0].Alone);
            return;
        }

        var sendable = new List<(Waiting Waiting, Leaf Leaf)>(batch.Length);
        foreach (var waiting in batch)
        {
            if (await FindLeaf(waiting) is { } leaf)
            {
                sendable.Add((waiting, leaf));
            }
        }

        var refused = sendable.Count > 0 && !await SendTogether(sendable);
        Land(batch.Select(waiting => waiting.Append.Stream).Except(refused ? sendable.Select(entry => entry.Waiting.Append.Stream) : []), 1);
        if (refused)
        {
            await Task.WhenAll(sendable.Select(entry => SendAlone(entry.Waiting, inLane: false)));
        }
    }

    // A tenant that is unknown or disabled is its own writer's matter.
    private async ValueTask<Leaf?> FindLeaf(Waiting waiting)
    {
        try
        {
            return await commands.LeafOf(waiting.Append.Stream, waiting.Cancelled);
        }
        catch (Exception error)
        {
            waiting.Answer.TrySetException(error);
            return null;
        }
    }

    // False when the server refused the batch: nothing of it is stored, and nobody has an answer yet.
    private async Task<bool> SendTogether(List<(Waiting Waiting, Leaf Leaf)> batch)
    {
        try
        {
            var outcomes = await commands.Many(batch.ConvertAll(entry => (entry.Waiting.Append, entry.Leaf)));
            for (var i = 0; i < outcomes.Length; i++)
            {
                batch[i].Waiting.Answer.TrySetResult(outcomes[i]);
            }
        }
        catch (PostgresException refused) when (refused.InvariantSeverity == "ERROR")
        {
            return false;
        }
        catch (Exception error)
        {
            batch.ForEach(entry => entry.Waiting.Answer.TrySetException(error));
        }

        return true;
    }

    private async Task SendAlone(Waiting waiting, bool inLane)
    {
        try
        {
            waiting.Answer.TrySetResult(await Straight(waiting.Append, inLane, waiting.Cancelled));
        }
        catch (Exception error)
        {
            waiting.Answer.TrySetException(error);
        }
    }

    private sealed class Waiting(EncodedAppend append, bool alone, CancellationToken cancelled)
    {
        public EncodedAppend Append { get; } = append;

        public bool Alone { get; } = alone;

        public CancellationToken Cancelled { get; } = cancelled;

        public LinkedListNode<Waiting>? Node { get; set; }

        public TaskCompletionSource<AppendOutcome> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
