using Microsoft.Extensions.Logging;

namespace Monolith.EventStore.Projections;

/// <summary>
/// The end of the feed, read once for all projections of the host that have caught up: a new event costs one query and is decoded once,
/// however many projections want it, and nothing at all happens while there is no new event. Projections that are behind read for themselves.
/// </summary>
/// <remarks>
/// Who joins while a page is being read joins behind it, and reads up to there for itself. The page may show events where they were before a tenant moved,
/// and who joins may have come because of the move: it would take events that are another worker's now.
/// </remarks>
internal sealed partial class LiveTail(Feed feed, LiveTail.PageReader read, Backoff backoff, int buffer, ILogger logger)
{
    private const int PageSize = 2000;

    private readonly Lock gate = new();
    private readonly Dictionary<(string Shard, string AggregateType), List<TailCursor>> interested = [];
    private readonly List<TailCursor> joining = [];
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long position;
    private bool isReading;

    /// <summary>Reads events of some aggregate types in several shards, as <see cref="ProjectionReader.ReadShards"/> does.</summary>
    public delegate Task<TailPage> PageReader(
        IReadOnlyList<string> shards, IReadOnlyList<string> aggregateTypes, long after, long upTo, int limit, CancellationToken ct);

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

    /// <summary>Collects the events that a projection wants on a shard, from <see cref="TailCursor.Joined"/> on.</summary>
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
            var cursor = new TailCursor(this, gate, projection, shard, aggregateTypes, reached, buffer);
            if (isReading)
            {
                joining.Add(cursor);
            }
            else
            {
                Admit(cursor);
            }

            return cursor;
        }
    }

    /// <summary>Forgets a cursor.</summary>
    public void Leave(TailCursor cursor)
    {
        lock (gate)
        {
            joining.Remove(cursor);
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
            var (from, shards, types) = Begin();
            try
            {
                Publish(shards.Length == 0 ? new([], watermark) : await read(shards, types, from, watermark, PageSize, ct));
            }
            finally
            {
                End();
            }
        }
    }

    private (long From, string[] Shards, string[] Types) Begin()
    {
        lock (gate)
        {
            isReading = true;
            return (
                position,
                [.. interested.Keys.Select(key => key.Shard).Distinct(StringComparer.Ordinal)],
                [.. interested.Keys.Select(key => key.AggregateType).Distinct(StringComparer.Ordinal)]);
        }
    }

    private void End()
    {
        lock (gate)
        {
            isReading = false;
            joining.ForEach(Admit);
            joining.Clear();
        }
    }

    private void Admit(TailCursor cursor)
    {
        foreach (var type in cursor.AggregateTypes)
        {
            if (!interested.TryGetValue((cursor.Shard, type), out var cursors))
            {
                interested.Add((cursor.Shard, type), cursors = []);
            }

            cursors.Add(cursor);
        }

        cursor.Admitted(position);
    }

    private void Publish(TailPage page)
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

            Interlocked.Exchange(ref position, page.LastPosition);
        }

        Moved.Fire();
    }

    [LoggerMessage(30, LogLevel.Warning, "The end of the feed cannot be read and will be tried again: {Problem}")]
    private partial void LogUnavailable(string problem);

    [LoggerMessage(37, LogLevel.Error, "Following the end of the feed failed and will be tried again.")]
    private partial void LogFailed(Exception problem);
}
