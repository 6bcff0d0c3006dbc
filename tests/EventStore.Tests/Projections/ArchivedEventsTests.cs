using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Projections;

/// <summary>To a projection an archived event is one like any other, whenever it was archived.</summary>
public sealed class ArchivedEventsTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact]
    public async Task A_rebuild_has_the_archived_events_and_counts_them()
    {
        await using var hosts = await NewHosts();
        Projection[] projections = [new TallyViews(), new WordViews(), new EventCountViews(), new NumberTable()];
        var runner = await hosts.Run(projections);
        var streams = await Fill(hosts);
        await hosts.CaughtUp(runner);
        var live = await hosts.AllViews();
        var entries = await hosts.AllNumbers();
        await runner.StopAsync(Ct);
        foreach (var stream in streams.Take(5))
        {
            await hosts.Store.Store.Archive(stream, ExpectedVersion.Any, Ct);
        }

        var operations = hosts.Operations(projections);
        foreach (var projection in projections)
        {
            await operations.Rebuild(projection.Name, Ct);
            Assert.Equal(80, Assert.Single(await operations.Rebuilds(projection.Name, Ct)).EventsTotal);
        }

        await hosts.Execute("update views set data = '{}'");
        await hosts.Run(projections);
        await hosts.Until(async () => (await operations.Rebuilds(ct: Ct)).Count == 0, "everything is rebuilt");

        Assert.Equal(live, await hosts.AllViews());
        Assert.Equal(entries, await hosts.AllNumbers());
    }

    [Fact]
    public async Task A_projection_that_comes_late_reads_archived_events_in_order_between_the_others()
    {
        await using var hosts = await NewHosts();
        var streams = await Fill(hosts);
        await hosts.Store.Store.Archive(streams[0], ExpectedVersion.Any, Ct);
        await hosts.Store.Store.Archive(streams[3], ExpectedVersion.Any, Ct);
        var (one, two) = (new Recorder().Of<Tally>(), new Recorder("tests.both").Of<Tally>().Of<Order>());

        var runner = await hosts.Run(one, two, new TallyViews());
        await hosts.CaughtUp(runner);

        var positions = await hosts.Query<long>("select position from eventstore.events order by 1");
        Assert.Equal(positions, one.Seen.Select(e => e.Position).Order());
        Assert.Equal(positions, two.Seen.Select(e => e.Position).Order());
        foreach (var ofTenant in one.Seen.GroupBy(e => e.TenantId))
        {
            Assert.Equal(ofTenant.Select(e => e.Position).Order(), ofTenant.Select(e => e.Position));
        }

        foreach (var stream in streams)
        {
            Assert.Equal((8, true), await hosts.View<TallyView>(stream) is { } view ? (view.Version, view.InOrder) : default);
        }
    }

    [Fact]
    public async Task Streams_that_are_archived_while_projections_follow_them_are_seen_whole_and_once()
    {
        await using var hosts = await NewHosts();
        var runner = await hosts.Run(new TallyViews(), new EventCountViews());
        var streams = Enumerable.Range(0, 30).Select(_ => NewTally()).ToArray();
        await Task.WhenAll(streams.Chunk(8).Select(chunk => Task.Run(async () =>
        {
            foreach (var stream in chunk)
            {
                await hosts.Append(stream, new Counted(1), new Counted(2));
                await hosts.Append(stream, new Counted(4));
                await hosts.Store.Store.Archive(stream, ExpectedVersion.Exactly(3), Ct);
            }
        })));
        await hosts.CaughtUp(runner);

        foreach (var stream in streams)
        {
            Assert.Equal(new TallyView(stream.AggregateId, 7, 3, true, null), await hosts.View<TallyView>(stream));
            Assert.Equal(3, (await hosts.View<EventCountView>(stream))!.Events);
        }
    }

    [Fact]
    public async Task A_parked_event_is_tried_again_although_it_is_archived_by_now()
    {
        await using var hosts = await NewHosts();
        var stream = NewTally();
        var views = new TallyViews { Fails = envelope => envelope.Event is Noted { Text: "poison" } };
        var operations = hosts.Operations(new TallyViews());
        var runner = await hosts.Run(views);
        await hosts.Append(stream, new Noted("poison"));
        await hosts.Append(stream, new Counted(2));
        await hosts.CaughtUp(runner);
        Assert.Single(await operations.Parked(ct: Ct));
        await hosts.Store.Store.Archive(stream, ExpectedVersion.Any, Ct);

        views.Fails = _ => false;
        await operations.RetryAll("tests.tallies", Ct);

        await hosts.Until(async () => await hosts.View<TallyView>(stream) is { Sum: 2, Version: 2, InOrder: true }, "the parked events are taken");
    }

    // Ten tallies of eight events, by turns.
    private static async Task<StreamId[]> Fill(ProjectionHosts hosts)
    {
        var streams = Enumerable.Range(0, 10).Select(_ => NewTally()).ToArray();
        for (var round = 0; round < 4; round++)
        {
            foreach (var stream in streams)
            {
                await hosts.Append(stream, new Counted(round), new Noted("red green"));
            }
        }

        return streams;
    }
}
