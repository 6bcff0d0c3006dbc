using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>
/// Lets appends that wait at the same moment share a round trip and a commit. Nothing waits for company: an append goes straight to the
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
internal sealed class AppendCoalescer(AppendCommands commands, int laneCount)
{
    private const int MaxAppends = 512;
    private const int MaxEvents = 2048;
    private const int MaxBytes = 4 * 1024 * 1024;
    private const int LargeEvents = 64;
    private const int LargeBytes = 256 * 1024;

    private static readonly List<Departure> NoDepartures = [];

    private readonly Lock gate = new();
    private readonly LinkedList<WaitingAppend> queue = [];
    private readonly HashSet<StreamId> onTheirWay = [];
    private readonly AppendLanes lanes = new(laneCount);
    private bool isWatched;

    public Task<AppendOutcome> Append(EncodedAppend append, CancellationToken ct)
    {
        var alone = !append.Request.Claims.IsEmpty || commands.IsInline(append) || append.Count > LargeEvents || append.Bytes > LargeBytes;
        WaitingAppend waiting;
        AppendLanes.Flight? flight = null;
        lock (gate)
        {
            var free = (alone || lanes.IsFree) && !onTheirWay.Contains(append.Stream) && (queue.Count == 0 || !IsQueued(append.Stream));
            if (free)
            {
                onTheirWay.Add(append.Stream);
                flight = alone ? null : lanes.Take(mayWait: true);
                waiting = null!;
            }
            else
            {
                waiting = new(append, alone, ct);
                waiting.Node = queue.AddLast(waiting);
                Watch();
            }
        }

        return waiting is null ? Straight(append, flight, ct) : Queued(waiting, ct);
    }

    private async Task<AppendOutcome> Straight(EncodedAppend append, AppendLanes.Flight? flight, CancellationToken ct, Leaf? leaf = null)
    {
        try
        {
            return await (leaf is null ? commands.One(append, ct) : commands.Whole(append, leaf, ct));
        }
        finally
        {
            Land([append.Stream], flight);
        }
    }

    private async Task<AppendOutcome> Queued(WaitingAppend waiting, CancellationToken ct)
    {
        await using var registration = ct.UnsafeRegister(static (state, token) => ((WaitingAppend)state!).Answer.TrySetCanceled(token), waiting);
        try
        {
            return await waiting.Answer.Task;
        }
        finally
        {
            Withdraw(waiting);
        }
    }

    private void Withdraw(WaitingAppend waiting)
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

    private void Land(IEnumerable<StreamId> streams, AppendLanes.Flight? flight)
    {
        List<Departure> departures;
        lock (gate)
        {
            onTheirWay.ExceptWith(streams);
            lanes.GiveBack(flight);
            departures = Departures();
        }

        Send(departures);
    }

    // Whoever waits for somebody's open transaction waits for as long as it takes, but gives the lane back: it holds up nobody else. Only
    // when somebody waits for a lane does anyone look.
    private void Watch()
    {
        if (!isWatched)
        {
            isWatched = true;
            _ = WatchLanes();
        }
    }

    private async Task WatchLanes()
    {
        for (var somebodyWaits = true; somebodyWaits;)
        {
            await Task.Delay(AppendCommands.LongestLockWait / 2);
            List<Departure> departures;
            lock (gate)
            {
                lanes.GiveBackOverdue(AppendCommands.LongestLockWait);
                departures = Departures();
                isWatched = somebodyWaits = queue.Count > 0;
            }

            Send(departures);
        }
    }

    private List<Departure> Departures()
    {
        if (queue.Count == 0)
        {
            return NoDepartures;
        }

        List<Departure> departures = [];
        while (Gather() is { } departure)
        {
            departures.Add(departure);
        }

        return departures;
    }

    private void Send(List<Departure> departures)
    {
        foreach (var departure in departures)
        {
            _ = Send(departure);
        }
    }

    // The oldest first. A stream that is on its way keeps its later appends waiting, and theirs keep those behind them.
    private Departure? Gather()
    {
        List<WaitingAppend> batch = [];
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
                return new([waiting], Flight: null);
            }

            if (!lanes.IsFree || events + waiting.Append.Count > MaxEvents || bytes + waiting.Append.Bytes > MaxBytes)
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
        return new([.. batch], lanes.Take(mayWait: batch.Count == 1));
    }

    private void Depart(WaitingAppend waiting)
    {
        queue.Remove(waiting.Node!);
        onTheirWay.Add(waiting.Append.Stream);
    }

    private async Task Send(Departure departure)
    {
        var (batch, flight) = departure;

        // Whoever lands a batch must not run the next one's encoding on its own stack.
        await Task.Yield();
        if (batch.Length == 1)
        {
            await SendAlone(batch[0], flight);
            return;
        }

        var sendable = new List<(WaitingAppend Waiting, Leaf Leaf)>(batch.Length);
        foreach (var waiting in batch)
        {
            if (await FindLeaf(waiting) is { } leaf)
            {
                sendable.Add((waiting, leaf));
            }
        }

        var left = sendable.Count > 0 ? await SendTogether(sendable) : [];
        Land(batch.Select(waiting => waiting.Append.Stream).Except(left.Select(entry => entry.Waiting.Append.Stream)), flight);
        await Task.WhenAll(left.Select(entry => SendAlone(entry.Waiting, flight: null, entry.Leaf)));
    }

    // A tenant that is unknown or disabled is its own writer's matter.
    private async ValueTask<Leaf?> FindLeaf(WaitingAppend waiting)
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

    // Those that have no answer yet, and of which nothing is stored: all of them when the server refused the batch.
    private async Task<List<(WaitingAppend Waiting, Leaf Leaf)>> SendTogether(List<(WaitingAppend Waiting, Leaf Leaf)> batch)
    {
        try
        {
            var outcomes = await commands.Many(batch.ConvertAll(entry => (entry.Waiting.Append, entry.Leaf)));
            List<(WaitingAppend, Leaf)> left = [];
            for (var i = 0; i < outcomes.Length; i++)
            {
                if (outcomes[i] is { } outcome)
                {
                    batch[i].Waiting.Answer.TrySetResult(outcome);
                }
                else
                {
                    left.Add(batch[i]);
                }
            }

            return left;
        }
        catch (PostgresException refused) when (refused.InvariantSeverity == "ERROR")
        {
            return batch;
        }
        catch (Exception error)
        {
            batch.ForEach(entry => entry.Waiting.Answer.TrySetException(error));
            return [];
        }
    }

    // At the leaf, by the statement that always answers, when one is given.
    private async Task SendAlone(WaitingAppend waiting, AppendLanes.Flight? flight, Leaf? leaf = null)
    {
        try
        {
            waiting.Answer.TrySetResult(await Straight(waiting.Append, flight, waiting.Cancelled, leaf));
        }
        catch (Exception error)
        {
            waiting.Answer.TrySetException(error);
        }
    }

    private sealed record Departure(WaitingAppend[] Batch, AppendLanes.Flight? Flight);
}
