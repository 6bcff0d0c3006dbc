using Microsoft.Extensions.Logging.Abstractions;
using Monolith.EventStore.Projections;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Projections;

/// <summary>What a worker can still do whose host has given it up.</summary>
public sealed class LeftBehindTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact, Behaviour(32, 34)]
    public async Task A_worker_that_was_left_behind_cannot_write_although_nothing_stops_it()
    {
        await using var hosts = await NewHosts();
        var stream = NewTally();
        var runner = await hosts.Run(new TallyViews());
        await hosts.Count(stream, 1);
        await hosts.CaughtUp(runner);
        await runner.StopAsync(Ct);
        var shard = await hosts.Store.Store.Tenants.ShardOf(Acme, Ct);
        var stored = await hosts.Count(stream, 2);
        var services = Services(hosts);
        var before = Assert.Single(await services.Checkpoints.Acquire([new("tests.tallies", ProjectionShard.Live, shard)], "before", Ct));
        var behind = Writer(hosts, services, before);
        var page = await services.Reader.ReadShard(shard, ["tally"], before.Position, stored.Position, 10, Ct);

        await services.Checkpoints.Release([before.Key], "before", Ct);
        var after = Assert.Single(await services.Checkpoints.Acquire([before.Key], "after", Ct));
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => behind.Write(page.Events, stored.Position, 1, failure: null, CancellationToken.None));

        Assert.True(PostgresErrors.IsCheckpointMoved(refused), refused.ToString());
        Assert.Equal(1, (await hosts.View<TallyView>(stream))!.Sum);
        await Writer(hosts, services, after).Write(page.Events, stored.Position, 1, failure: null, Ct);
        Assert.Equal(new TallyView(stream.AggregateId, 3, 2, true, null), await hosts.View<TallyView>(stream));
    }

    [Fact]
    public async Task Its_slots_are_free_for_others_and_it_gets_none_any_more()
    {
        using var slots = new SemaphoreSlim(2);
        var (behind, other) = (new HeldSlots(slots), new HeldSlots(slots));
        await behind.Take(Ct);
        await behind.Take(Ct);
        behind.Forfeit();

        await other.Take(Ct);
        await Assert.ThrowsAsync<OperationCanceledException>(() => behind.Take(Ct));
        behind.Give();

        Assert.Equal(1, slots.CurrentCount);
        other.Give();
        Assert.Equal(2, slots.CurrentCount);
    }

    private static BatchWriter Writer(ProjectionHosts hosts, ProjectionServices services, Checkpoint start)
    {
        var projection = new TallyViews();
        return new(start, projection, new(projection, hosts.Views, hosts.Store.DataSource), services, new(services.Slots), new());
    }

    private static ProjectionServices Services(ProjectionHosts hosts)
    {
        var time = TimeProvider.System;
        var reader = new ProjectionReader(hosts.Store.DataSource, hosts.Store.Setup.Model);
        var backoff = new Backoff(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(50), time);
        return new(
            hosts.Store.DataSource,
            reader,
            new(hosts.Store.DataSource, time),
            new(hosts.Store.DataSource, time),
            new(hosts.Store.Store.Feed, reader.ReadShards, backoff, 100, NullLogger.Instance),
            ProjectionHosts.Quick,
            backoff,
            new(1),
            new(1),
            new(),
            time);
    }
}
