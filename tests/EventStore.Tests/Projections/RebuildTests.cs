using Monolith.EventStore.Projections;
using Monolith.Testing;

namespace Monolith.EventStore.Tests.Projections;

public sealed class RebuildTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_rebuild_equals_the_live_result_and_includes_what_is_appended_meanwhile()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var projections = new Projection[] { new LedgerViews(), new WordViews(), new EntryTable() };
        var runner = await bed.Run(projections);
        var ids = await Fill(bed);
        await bed.CaughtUp(runner);
        var (live, words, views) = ((await bed.View<LedgerView>(ids[0]))!, (await bed.View<WordView>("red"))!, await bed.AllViews());
        var entries = await bed.Query<decimal>("select amount from tests.entries order by position");
        await bed.Execute("update views set data = jsonb_set(data, '{sum}', '0') where view = 'LedgerView'");

        var operations = bed.Operations(projections);
        foreach (var projection in projections)
        {
            await operations.Rebuild(projection.Name, ProjectionBed.Ct);
        }

        await bed.Append(ids[0], new Entered(100m, "red"));
        await RebuiltAll(bed);
        await bed.CaughtUp(runner);

        Assert.Equal(live with { Sum = live.Sum + 100m, Version = live.Version + 1 }, await bed.View<LedgerView>(ids[0]));
        Assert.Equal(words.Uses + 1, (await bed.View<WordView>("red"))!.Uses);
        Assert.Equal([.. entries, 100m], await bed.Query<decimal>("select amount from tests.entries order by position"));
        await bed.Execute($"delete from views where id in ('{ids[0]}', 'red') and tenant_id = 'acme'");
        Assert.Equal(views.Where(view => !view.Contains(ids[0].ToString(), StringComparison.Ordinal) && !view.Contains("acme/red", StringComparison.Ordinal)), (await bed.AllViews()).Where(view => !view.Contains(ids[0].ToString(), StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_second_rebuild_of_the_same_projection_is_refused_until_the_first_is_done()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        await Fill(bed);
        var operations = bed.Operations(new LedgerViews());
        var first = await bed.Run(new LedgerViews());
        await bed.CaughtUp(first);
        var live = await bed.AllViews();
        await first.StopAsync(ProjectionBed.Ct);
        await operations.Rebuild("tests.ledgers", ProjectionBed.Ct);

        var refused = await Assert.ThrowsAsync<RebuildRunningException>(() => operations.Rebuild("tests.ledgers", ProjectionBed.Ct));
        Assert.Equal("rebuild_running", refused.Code);

        var second = await bed.Run(new LedgerViews());
        await bed.CaughtUp(second);
        Assert.Equal(live, await bed.AllViews());
        await RebuiltAll(bed);
        await operations.Rebuild("tests.ledgers", ProjectionBed.Ct);
    }

    [Fact]
    public async Task A_changed_version_is_rebuilt_at_the_start()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        await Fill(bed);
        var old = await bed.Run(new LedgerViews());
        await bed.CaughtUp(old);
        var live = await bed.AllViews();
        await bed.Execute("update views set data = jsonb_set(data, '{sum}', '0')");
        Assert.NotEqual(live, await bed.AllViews());

        var @new = await bed.Run(new LedgerViews(version: 2));
        await bed.CaughtUp(@new);

        Assert.Equal(live, await bed.AllViews());
        Assert.Equal([2], await bed.Query<int>("select distinct version from eventstore.projection_checkpoints"));
        await ProjectionBed.Eventually(() => Task.FromResult(old.Statuses.Count == 0), "the host of the old version has let go");
    }

    [Fact]
    public async Task A_rebuild_takes_parked_events_again()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var id = Guid.NewGuid();
        var views = new LedgerViews { Fails = envelope => envelope.Event is Entered { Note: "poison" } };
        var operations = bed.Operations(new LedgerViews());
        var runner = await bed.Run(views);
        await bed.Append(id, new Entered(1m, "poison"), new Entered(2m, "later"));
        await bed.CaughtUp(runner);
        Assert.Single(await operations.Parked(ct: ProjectionBed.Ct));

        views.Fails = _ => false;
        await operations.Rebuild("tests.ledgers", ProjectionBed.Ct);
        await RebuiltAll(bed);
        Assert.Equal(3m, (await bed.View<LedgerView>(id))!.Sum);

        Assert.Empty(await operations.Parked(ct: ProjectionBed.Ct));
    }

    private static Task RebuiltAll(ProjectionBed bed) => ProjectionBed.Eventually(
        async () => (await bed.Query<long>("select count(*) from eventstore.projection_checkpoints where rebuilding_to is not null"))[0] == 0,
        "the rebuild is done");

    private static async Task<Guid[]> Fill(ProjectionBed bed)
    {
        var ids = Enumerable.Range(0, 20).Select(_ => Guid.NewGuid()).ToArray();
        foreach (var id in ids)
        {
            await bed.Append(id, new Entered(1m, "red"), new Named("n"), new Entered(2m, "green red"));
            await bed.Append(id, "other", new Entered(5m, "blue"));
        }

        foreach (var id in ids)
        {
            await bed.Append(id, new Entered(3m, "green"));
        }

        return ids;
    }
}
