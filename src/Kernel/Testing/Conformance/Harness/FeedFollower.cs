using Monolith.EventSourcing;

namespace Monolith.Testing.Conformance;

/// <summary>Follows the feed from its beginning, as a subscription does, and hands on what it sees: of all shards at once, or shard by shard.</summary>
public sealed class FeedFollower(ConformanceStore host, bool shards, int seed, Action<EventEnvelope> see)
{
    private static readonly string[] Types = ["tally"];

    private readonly Random random = new(HashCode.Combine(seed, shards));
    private readonly Dictionary<string, long> checkpoints = new(StringComparer.Ordinal);

    /// <summary>How long it rests after each step, so that others get to work.</summary>
    public TimeSpan Pace { get; init; }

    /// <summary>How often a position was seen after a higher one of the same shard.</summary>
    public int OutOfOrder { get; private set; }

    /// <summary>The longest time for which it saw the feed held back.</summary>
    public TimeSpan LongestHold { get; private set; }

    /// <summary>Follows until nothing more will be appended.</summary>
    public async Task Run(CancellationToken done, CancellationToken ct)
    {
        while (!done.IsCancellationRequested)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(done, ct);
            try
            {
                await host.Store.Feed.WaitForWatermark(checkpoints.Values.DefaultIfEmpty().Min(), either.Token);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                return;
            }

            await Step(ct);
            if (host.Store.Feed.Hold is { } hold && hold.For > LongestHold)
            {
                LongestHold = hold.For;
            }

            await Task.Delay(Pace, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Follows to the end.</summary>
    public async Task Finish(long last, CancellationToken ct)
    {
        await host.Store.Feed.Refresh(ct);
        while (checkpoints.Count == 0 || checkpoints.Values.Min() < last)
        {
            await Step(ct);
        }
    }

    private async Task Step(CancellationToken ct)
    {
        var limit = random.Next(1, 400);
        if (!shards)
        {
            var after = checkpoints.GetValueOrDefault("all");
            var events = await host.Store.ReadFeed(new() { After = after, AggregateTypes = Types, Limit = limit }, ct).ToListAsync(ct);
            Take("all", events, events.Count == 0 ? after : events[^1].Position);
            return;
        }

        var watermark = host.Store.Feed.Watermark;
        foreach (var shard in await host.Store.Tenants.Shards(ct))
        {
            var page = await host.Store.Feed.ReadShard(shard, Types, checkpoints.GetValueOrDefault(shard), watermark, limit, ct);
            Take(shard, page.Events, page.LastPosition);
        }
    }

    private void Take(string part, IReadOnlyList<EventEnvelope> events, long checkpoint)
    {
        var last = checkpoints.GetValueOrDefault(part);
        foreach (var envelope in events)
        {
            OutOfOrder += envelope.Position > last ? 0 : 1;
            last = envelope.Position;
            see(envelope);
        }

        checkpoints[part] = checkpoint;
    }
}
