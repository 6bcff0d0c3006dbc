using Monolith.EventSourcing;

namespace Monolith.EventStore.Projections;

/// <summary>
/// The new events that one projection wants on one shard, since it joined the tail. One reader. When it is not emptied fast enough it
/// ends, and its reader goes back to reading for itself.
/// </summary>
internal sealed class TailCursor(
    LiveTail tail, Lock gate, Projection projection, string shard, IReadOnlyList<string> aggregateTypes, long reached, int capacity) : IDisposable
{
    private readonly TaskCompletionSource<long> joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<EventEnvelope> queue = new();
    private readonly Signal pushed = new();
    private EventEnvelope? inFlight;
    private int taken;
    private long joinedAt;
    private bool ended;

    public string Shard { get; } = shard;

    public IReadOnlyList<string> AggregateTypes { get; } = aggregateTypes;

    /// <summary>
    /// Completes when the page that the tail reads at the moment, if it does, has been handed out: with a position. Events behind that come through the cursor;
    /// those up to it do not.
    /// </summary>
    public Task<long> Joined => joined.Task;

    /// <summary>Everything up to here has been dealt with: taken, and the next ones asked for.</summary>
    public long Position
    {
        get
        {
            lock (gate)
            {
                return ended ? 0 : inFlight is { } busy ? busy.Position - 1 : queue.TryPeek(out var waiting) ? waiting.Position - 1 : tail.Position;
            }
        }
    }

    /// <summary>How many events wait or are being dealt with, and when the oldest was recorded.</summary>
    public (int Events, DateTimeOffset? Oldest) Pending
    {
        get
        {
            lock (gate)
            {
                var oldest = inFlight ?? (queue.TryPeek(out var waiting) ? waiting : null);
                return (queue.Count + (inFlight is null ? 0 : taken), oldest?.RecordedAt);
            }
        }
    }

    /// <summary>Waits for events; asking again says that the last ones are dealt with.</summary>
    /// <returns>The events, and how far they reach; null when the cursor has ended because too many were waiting.</returns>
    public async ValueTask<FeedPage?> Next(int limit, CancellationToken ct)
    {
        while (true)
        {
            var wake = pushed.Next;
            lock (gate)
            {
                inFlight = null;
                if (ended)
                {
                    return null;
                }

                if (queue.Count > 0)
                {
                    return Take(limit);
                }
            }

            await wake.WaitAsync(ct);
        }
    }

    /// <summary>Called by the tail, which holds the gate and has come so far.</summary>
    public void Admitted(long position)
    {
        joinedAt = Math.Max(position, reached);
        joined.SetResult(joinedAt);
    }

    /// <summary>Called by the tail, which holds the gate.</summary>
    public void Push(EventEnvelope envelope)
    {
        if (envelope.Position <= joinedAt || ended || !projection.Wants(envelope))
        {
            return;
        }

        if (queue.Count >= capacity)
        {
            ended = true;
            queue.Clear();
            pushed.Fire();
            return;
        }

        queue.Enqueue(envelope);
        pushed.Fire();
    }

    public void Dispose() => tail.Leave(this);

    // Several events that were made of one stored event have one position and stay together.
    private FeedPage Take(int limit)
    {
        var events = new List<EventEnvelope>(Math.Min(limit, queue.Count));
        while (queue.TryPeek(out var next) && (events.Count < limit || next.Position == events[^1].Position))
        {
            events.Add(queue.Dequeue());
        }

        (inFlight, taken) = (events[0], events.Count);
        return new(events, queue.TryPeek(out var later) ? later.Position - 1 : tail.Position);
    }
}
