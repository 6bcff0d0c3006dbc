using Monolith.EventSourcing;

namespace Monolith.EventStore.Projections;

public sealed partial class ProjectionRunner
{
    // Where another host runs the projection, its checkpoint is all there is to look at.
    private static readonly TimeSpan ShortestPoll = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPoll = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Waits until a tenant's read model holds every event up to a position, whichever host runs the projection. Events that are parked
    /// count as passed.
    /// </summary>
    /// <param name="projection">The projection.</param>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="position">The position, as an append returned it.</param>
    /// <param name="timeout">How long to wait at most.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="ReadModelBehindException">It has not passed the position in that time. Waiting again is safe.</exception>
    /// <exception cref="UnknownProjectionException">There is no such projection.</exception>
    /// <exception cref="UnknownTenantException">There is no such tenant.</exception>
    public async Task WaitFor(string projection, string tenantId, long position, TimeSpan timeout, CancellationToken ct = default) =>
        await WaitForShard(catalog[projection], await tenants.ShardOf(tenantId, ct), position, timeout, ct);

    /// <summary>Waits until all projections hold every event up to a position, on every shard.</summary>
    /// <exception cref="ReadModelBehindException">One of them has not passed the position in that time.</exception>
    public async Task WaitForAll(long position, TimeSpan timeout, CancellationToken ct = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        using var patience = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        IReadOnlyList<string> shards;
        try
        {
            shards = await ThroughOutages(tenants.Shards, either.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new ReadModelBehindException("*", position, timeout);
        }

        await Task.WhenAll(catalog.All.SelectMany(projection => shards.Select(shard => WaitForShard(projection, shard, position, timeout, ct))));
    }

    private async Task WaitForShard(Projection projection, string shard, long position, TimeSpan timeout, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        var poll = ShortestPoll;
        try
        {
            while (true)
            {
                var tailMoved = services.Tail.Moved.Next;
                if (Find(new(projection.Name, ProjectionShard.Live, shard)) is { HasEnded: false } worker)
                {
                    var moved = worker.Moved.Next;
                    if (worker.Position >= position)
                    {
                        return;
                    }

                    await Task.WhenAny(moved, tailMoved, Task.Delay(LongestPoll, time, either.Token));
                    either.Token.ThrowIfCancellationRequested();
                }
                else if (await ThroughOutages(token => HasPassed(projection, shard, position, token), either.Token))
                {
                    return;
                }
                else
                {
                    await Task.Delay(poll, time, either.Token);
                    poll = poll * 2 < LongestPoll ? poll * 2 : LongestPoll;
                }
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new ReadModelBehindException(projection.Name, position, timeout);
        }
    }

    // Who waits does not mind that the database is gone for a while.
    private async Task<T> ThroughOutages<T>(Func<CancellationToken, Task<T>> ask, CancellationToken ct)
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                return await ask(ct);
            }
            catch (Exception outage) when (Failures.IsOutage(outage))
            {
                await services.Backoff.Pause(failures, ct);
            }
        }
    }

    // A checkpoint moves over foreign events only now and then. When nothing that the projection wants lies in between, it has passed them.
    private async Task<bool> HasPassed(Projection projection, string shard, long position, CancellationToken ct)
    {
        if (await services.Checkpoints.Position(projection.Name, shard, ct) is not { } stored)
        {
            return false;
        }

        if (stored >= position)
        {
            return true;
        }

        if (feed.Watermark < position && await feed.Refresh(ct) < position)
        {
            return false;
        }

        var page = await services.Reader.ReadShard(shard, catalog.AggregateTypesOf(projection.Name), stored, position, limit: 100, ct);
        return page.LastPosition >= position && !page.Events.Any(projection.Wants);
    }
}
