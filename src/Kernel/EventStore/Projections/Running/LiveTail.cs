using Microsoft.Extensions.Logging;

namespace Monolith.EventStore.Projections;

/// <summary>
/// The end of the feed, read once for all projections of the host that have caught up: a new event costs one query and is decoded once,
/// however many projections want it, and nothing at all happens while there is no new event. Projections that are behind read for themselves.
/// </summary>
internal sealed partial class LiveTail(Feed feed, ProjectionReader reader, Backoff backoff, int buffer, ILogger logger)
{
    private const int PageSize = 2000;

    private readonly Lock gate = new();
    private readonly Dictionary<(string Shard, string AggregateType), List<TailCursor>> interested = [];
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long position;

    /// <summary>Completes when the end of the feed is known.</summary>
    public Task Ready => ready.Task;

    /// <summary>Every event up to here has been handed to the cursors that want it.</summary>
    public long Position => Interlocked.Read(ref position);

    /// <summary>Fires when <see cref="Position"/> has moved.</summary>
    public Signal Moved { get; } = new();

    /// <summary>Follows the watermark until it is cancelled.</summary>
    public async Task Run(CancellationToken ct)
    {
        var failures = 0;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                if (!ready.Task.IsCompleted)
                {
                    Interlocked.Exchange(ref position, await feed.Refresh(ct));
                    ready.SetResult();
                }

                await Advance(await feed.WaitForWatermark(position, ct), ct);
                failures = 0;
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception problem)
            {
                // Whatever it is: no projection of this host would ever hear of a new event again.
                if (Failures.IsOutage(problem))
                {
                    LogUnavailable(problem.Message);
                }
                else
                {
                    LogFailed(problem);
                }

                await backoff.Pause(++failures, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>From now on, collects the events that a projection wants on a shard.</summary>
    /// <param name="projection">The projection.</param>
    /// <param name="shard">The shard.</param>
    /// <param name="aggregateTypes">The types that it reads.</param>
    /// <param name="reached">
    /// What it has passed already. That may be more than this tail has seen, when another host ran the projection before.
    /// </param>
    public TailCursor Join(Projection projection, string shard, IReadOnlyList<string> aggregateTypes, long reached)
    {
        lock (gate)
        {
            var cursor = new TailCursor(this, gate, projection, shard, aggregateTypes, Math.Max(position, reached), buffer);
            foreach (var type in aggregateTypes)
            {
                if (!interested.TryGetValue((shard, type), out var cursors))
                {
                    interested.Add((shard, type), cursors = []);
                }

                cursors.Add(cursor);
            }

            return cursor;
        }
    }

    /// <summary>Forgets a cursor.</summary>
    public void Leave(TailCursor cursor)
    {
        lock (gate)
        {
            foreach (var key in cursor.AggregateTypes.Select(type => (cursor.Shard, type)))
            {
                if (interested.TryGetValue(key, out var cursors) && cursors.Remove(cursor) && cursors.Count == 0)
                {
                    interested.Remove(key);
                }
            }
        }
    }

    private async Task Advance(long watermark, CancellationToken ct)
    {
        while (position < watermark)
        {
            var (from, shards, types) = Interest();
            var page = shards.Length == 0 ? new([], watermark) : await reader.ReadShards(shards, types, from, watermark, PageSize, ct);
            Publish(page, shards, types);
        }
    }

    private (long From, string[] Shards, string[] Types) Interest()
    {
        lock (gate)
        {
            return (
                position,
                [.. interested.Keys.Select(key => key.Shard).Distinct(StringComparer.Ordinal)],
                [.. interested.Keys.Select(key => key.AggregateType).Distinct(StringComparer.Ordinal)]);
        }
    }

    private void Publish(TailPage page, string[] shards, string[] types)
    {
        lock (gate)
        {
            foreach (var (shard, envelope) in page.Events)
            {
                if (interested.TryGetValue((shard, envelope.AggregateType), out var cursors))
                {
                    foreach (var cursor in cursors)
                    {
                        cursor.Push(envelope);
                    }
                }
            }

            // Who joined while the page was being read, on a shard or for a type that was not asked for, reads that part for itself.
            foreach (var (key, cursors) in interested)
            {
                if (!shards.Contains(key.Shard, StringComparer.Ordinal) || !types.Contains(key.AggregateType, StringComparer.Ordinal))
                {
                    cursors.ForEach(cursor => cursor.Missed());
                }
            }

            Interlocked.Exchange(ref position, page.LastPosition);
        }

        Moved.Fire();
    }

    [LoggerMessage(30, LogLevel.Warning, "The end of the feed cannot be read and will be tried again: {Problem}")]
    private partial void LogUnavailable(string problem);

    [LoggerMessage(37, LogLevel.Error, "Following the end of the feed failed and will be tried again.")]
    private partial void LogFailed(Exception problem);
}
