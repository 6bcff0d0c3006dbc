using Monolith.EventSourcing;

namespace Monolith.LoadTest.Stores;

/// <summary>Follows the feed beside the appends, as a subscriber does, and counts what must not be.</summary>
internal sealed class FeedWatch(LoadDatabase database)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly Dictionary<Guid, long> versions = [];
    private readonly CancellationTokenSource ended = new();
    private Task following = Task.CompletedTask;
    private long position;

    public long Seen { get; private set; }

    /// <summary>Versions that were passed over.</summary>
    public long Lost { get; private set; }

    /// <summary>Versions that had been seen before.</summary>
    public long Duplicated { get; private set; }

    /// <summary>Positions that were not above the last.</summary>
    public long OutOfOrder { get; private set; }

    public void Start() => following = Task.Run(Follow);

    /// <summary>Reads what is left.</summary>
    public async Task Finish()
    {
        await ended.CancelAsync();
        await following;
        ended.Dispose();
        await database.Store.Feed.Refresh();
        while (await ReadOn() > 0)
        {
        }
    }

    private async Task Follow()
    {
        while (!ended.IsCancellationRequested)
        {
            if (await ReadOn() == 0)
            {
                await Task.Delay(Pause, ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<long> ReadOn()
    {
        var before = Seen;
        await foreach (var envelope in database.Store.ReadFeed(new FeedRange { After = position }))
        {
            Take(envelope);
        }

        return Seen - before;
    }

    private void Take(EventEnvelope envelope)
    {
        Seen++;
        OutOfOrder += envelope.Position > position ? 0 : 1;
        position = Math.Max(position, envelope.Position);
        var known = versions.GetValueOrDefault(envelope.AggregateId);
        Lost += Math.Max(0, envelope.Version - known - 1);
        Duplicated += envelope.Version <= known ? 1 : 0;
        versions[envelope.AggregateId] = Math.Max(known, envelope.Version);
    }
}
