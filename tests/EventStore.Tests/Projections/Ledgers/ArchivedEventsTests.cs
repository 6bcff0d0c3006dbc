using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Monolith.Testing;

namespace Monolith.EventStore.Tests.Projections.Ledgers;

/// <summary>To a projection an archived event is one like any other, whenever it was archived.</summary>
public sealed class ArchivedEventsTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_rebuild_has_the_archived_events_and_counts_them()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        Projection[] projections = [new LedgerViews(), new WordViews(), new CountViews(), new EntryTable()];
        var runner = await bed.Run(projections);
        var ids = await Fill(bed);
        await bed.CaughtUp(runner);
        var live = await bed.AllViews();
        var entries = await bed.Query<string>("select e::text from tests.entries e order by position");
        await runner.StopAsync(ProjectionBed.Ct);
        foreach (var id in ids.Take(5))
        {
            await bed.Store.Archive(Stream(id), ExpectedVersion.Any, ProjectionBed.Ct);
        }

        var operations = bed.Operations(projections);
        foreach (var projection in projections)
        {
            await operations.Rebuild(projection.Name, ProjectionBed.Ct);
            Assert.Equal(80, Assert.Single(await operations.Rebuilds(projection.Name, ProjectionBed.Ct)).EventsTotal);
        }

        await bed.Execute("update views set data = '{}'");
        await bed.Run(projections);
        await ProjectionBed.Eventually(async () => (await operations.Rebuilds(ct: ProjectionBed.Ct)).Count == 0, "everything is rebuilt");

        Assert.Equal(live, await bed.AllViews());
        Assert.Equal(entries, await bed.Query<string>("select e::text from tests.entries e order by position"));
    }

    [Fact]
    public async Task A_projection_that_comes_late_reads_archived_events_in_order_between_the_others()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var ids = await Fill(bed);
        await bed.Store.Archive(Stream(ids[0]), ExpectedVersion.Any, ProjectionBed.Ct);
        await bed.Store.Archive(Stream(ids[3]), ExpectedVersion.Any, ProjectionBed.Ct);
        var (one, two) = (new Recorder().Of<Ledger>(), new Recorder("tests.both").Of<Ledger>().Of<Meter>());

        var runner = await bed.Run(one, two, new LedgerViews());
        await bed.CaughtUp(runner);

        var positions = await bed.Query<long>("select position from eventstore.events order by 1");
        Assert.Equal(positions, one.Seen.Select(e => e.Position).Order());
        Assert.Equal(positions, two.Seen.Select(e => e.Position).Order());
        foreach (var ofTenant in one.Seen.GroupBy(e => e.TenantId))
        {
            Assert.Equal(ofTenant.Select(e => e.Position).Order(), ofTenant.Select(e => e.Position));
        }

        foreach (var id in ids)
        {
            Assert.Equal((8, true), await bed.View<LedgerView>(id) is { } view ? (view.Version, view.InOrder) : default);
        }
    }

    [Fact]
    public async Task Streams_that_are_archived_while_projections_follow_them_are_seen_whole_and_once()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var runner = await bed.Run(new LedgerViews(), new CountViews());
        var ids = Enumerable.Range(0, 30).Select(_ => Guid.NewGuid()).ToArray();
        await Task.WhenAll(ids.Chunk(8).Select(chunk => Task.Run(async () =>
        {
            foreach (var id in chunk)
            {
                await bed.Append(id, new Entered(1m, "a"), new Entered(2m, "b"));
                await bed.Append(id, new Entered(4m, "c"));
                await bed.Store.Archive(Stream(id), ExpectedVersion.Exactly(3), ProjectionBed.Ct);
            }
        })));
        await bed.CaughtUp(runner);

        foreach (var id in ids)
        {
            Assert.Equal(new LedgerView(id, 7m, 3, true, null), await bed.View<LedgerView>(id));
            Assert.Equal(3, (await bed.View<CountView>(id))!.Events);
        }
    }

    [Fact]
    public async Task A_parked_event_is_tried_again_although_it_is_archived_by_now()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var id = Guid.NewGuid();
        var views = new LedgerViews { Fails = envelope => envelope.Event is Entered { Note: "poison" } };
        var operations = bed.Operations(new LedgerViews());
        var runner = await bed.Run(views);
        await bed.Append(id, new Entered(1m, "poison"));
        await bed.Append(id, new Entered(2m, "later"));
        await bed.CaughtUp(runner);
        Assert.Single(await operations.Parked(ct: ProjectionBed.Ct));
        await bed.Store.Archive(Stream(id), ExpectedVersion.Any, ProjectionBed.Ct);

        views.Fails = _ => false;
        await operations.RetryAll("tests.ledgers", ProjectionBed.Ct);

        await ProjectionBed.Eventually(async () => await bed.View<LedgerView>(id) is { Sum: 3m }, "the parked events are taken");
    }

    private static StreamId Stream(Guid id) => new(ProjectionBed.Tenant, "ledger", id);

    // Ten ledgers of eight events, by turns.
    private static async Task<Guid[]> Fill(ProjectionBed bed)
    {
        var ids = Enumerable.Range(0, 10).Select(_ => Guid.NewGuid()).ToArray();
        for (var round = 0; round < 4; round++)
        {
            foreach (var id in ids)
            {
                await bed.Append(id, new Entered(round, "red green"), new Named($"ledger {round}"));
            }
        }

        return ids;
    }
}
