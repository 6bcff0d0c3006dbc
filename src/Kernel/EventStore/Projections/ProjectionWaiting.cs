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
    public async Task WaitFor(string projection, string tenantId, long position, TimeSpan timeout, CancellationToken ct = default)
    {
        var started = time.GetTimestamp();
        var shard = await tenants.ShardOf(tenantId, ct);
        while (true)
        {
            await WaitForShard(catalog[projection], shard, position, Left(timeout, started), ct);

            // A tenant that is moved takes events along that its shard has not projected, so that the shard passes them without them: what it has passed is
            // passed only if the tenant lies there still.
            var now = await Within(timeout, started, projection, position, token => ThroughOutages(ask => tenants.Find(tenantId, ask), token), ct);
            if (now == shard)
            {
                return;
            }

            shard = now;
        }
    }

    /// <summary>Waits until all projections hold every event up to a position, on every shard.</summary>
    /// <exception cref="ReadModelBehindException">One of them has not passed the position in that time.</exception>
    public async Task WaitForAll(long position, TimeSpan timeout, CancellationToken ct = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        var started = time.GetTimestamp();
        var passed = new HashSet<string>(StringComparer.Ordinal);
        while (true)
        {
            // A shard may appear meanwhile, with events of another.
            var all = await Within(timeout, started, "*", position, token => ThroughOutages(tenants.Shards, token), ct);
            if (all.Where(passed.Add).ToList() is not { Count: > 0 } shards)
            {
                return;
            }

            await Task.WhenAll(catalog.All.SelectMany(
                projection => shards.Select(shard => WaitForShard(projection, shard, position, Left(timeout, started), ct))));
        }
    }

    private async Task WaitForShard(Projection projection, string shard, long position, TimeSpan timeout, CancellationToken ct) =>
        await Within(timeout, time.GetTimestamp(), projection.Name, position, token => UntilPassed(projection, shard, position, token), ct);

    private async Task<T> Within<T>(
        TimeSpan timeout, long started, string projection, long position, Func<CancellationToken, Task<T>> wait, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(Left(timeout, started), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            return await wait(either.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new ReadModelBehindException(projection, position, timeout);
        }
    }

    private TimeSpan Left(TimeSpan timeout, long started) => timeout - time.GetElapsedTime(started) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    private async Task<bool> UntilPassed(Projection projection, string shard, long position, CancellationToken ct)
    {
        var poll = ShortestPoll;
        while (true)
        {
            var tailMoved = services.Tail.Moved.Next;
            if (Find(new(projection.Name, ProjectionShard.Live, shard)) is { HasEnded: false } worker)
            {
                var moved = worker.Moved.Next;
                if (worker.Position >= position)
                {
                    return true;
                }

                await Task.WhenAny(moved, tailMoved, Task.Delay(LongestPoll, time, ct));
                ct.ThrowIfCancellationRequested();
            }
            else if (await ThroughOutages(token => HasPassed(projection, shard, position, token), ct))
            {
                return true;
            }
            else
            {
                await Task.Delay(poll, time, ct);
                poll = poll * 2 < LongestPoll ? poll * 2 : LongestPoll;
            }
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
        // Its views hold what is stored; while they are being built, nothing can be said.
        if (projection.IsInline)
        {
            return await services.Checkpoints.IsInline(projection, ct);
        }

        if (await services.Checkpoints.Position(projection.Name, shard, ct) is not { } stored)
        {
            // It has never run there, or the shard is gone: then there is nothing to pass.
            return !(await tenants.Shards(ct)).Contains(shard, StringComparer.Ordinal);
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
