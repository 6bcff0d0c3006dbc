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
        await bed.Execute("update tests.entries set amount = 0");

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
    public async Task A_reader_sees_the_old_rows_until_the_new_ones_take_their_place_never_an_empty_or_mixed_table()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        await Fill(bed);
        var runner = await bed.Run(new EntryTable());
        await bed.CaughtUp(runner);
        await bed.Execute("alter table tests.entries add column generation int not null default 1");
        var expected = (await bed.Query<long>("select count(*) from tests.entries"))[0];
        using var enough = new CancellationTokenSource();
        var generations = new HashSet<string>();
        var reading = Read();
        await ProjectionBed.Eventually(() => Task.FromResult(generations.Count == 1), "the reader has read the old rows");

        await bed.Operations(new EntryTable()).Rebuild("tests.entries", ProjectionBed.Ct);
        await RebuiltAll(bed);
        await ProjectionBed.Eventually(() => Task.FromResult(generations.Count == 2), "the reader has read the new rows");
        await enough.CancelAsync();
        await reading;

        Assert.Equal([$"{expected} -", $"{expected} 1"], generations.Order());

        async Task Read()
        {
            while (!enough.IsCancellationRequested)
            {
                generations.Add((await bed.Query<string>(
                    "select count(*) || ' ' || string_agg(distinct coalesce(to_jsonb(e) ->> 'generation', '-'), ',') from tests.entries e"))[0]);
            }
        }
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
        Assert.Equal(live, await bed.AllViews());

        await bed.Run(new LedgerViews());
        await RebuiltAll(bed);
        Assert.Equal(live, await bed.AllViews());
        await operations.Rebuild("tests.ledgers", ProjectionBed.Ct);
    }

    [Fact]
    public async Task A_rebuild_goes_on_where_it_was_when_its_host_died()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        await Fill(bed);
        var first = await bed.Run(new LedgerViews());
        await bed.CaughtUp(first);
        var live = await bed.AllViews();
        await first.StopAsync(ProjectionBed.Ct);
        var operations = bed.Operations(new LedgerViews());
        await operations.Rebuild("tests.ledgers", ProjectionBed.Ct);

        // One event a batch, so that there is a while in which it can be killed.
        var slow = ProjectionBed.Quick;
        slow.MaxBatchEvents = 1;
        var second = await bed.Run(slow, new LedgerViews());
        await ProjectionBed.Eventually(
            async () => await bed.Query<long>("select coalesce(sum(events), 0)::bigint from eventstore.projection_checkpoints where slot = 'shadow'") is [> 0], "it has begun");
        await bed.KillBackends();
        await second.StopAsync(ProjectionBed.Ct);

        await bed.Run(new LedgerViews());
        await RebuiltAll(bed);

        Assert.Equal(live, await bed.AllViews());
    }

    [Fact]
    public async Task A_changed_version_is_rebuilt_at_the_start_while_hosts_of_the_old_version_go_on()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        await Fill(bed);
        var old = await bed.Run(new LedgerViews());
        await bed.CaughtUp(old);
        var live = await bed.AllViews();
        await bed.Execute("update views set data = jsonb_set(data, '{sum}', '0')");
        var operations = bed.Operations(new LedgerViews(version: 2));

        await bed.Run(new LedgerViews(version: 2));
        await ProjectionBed.Eventually(async () => (await operations.Rebuilds(ct: ProjectionBed.Ct)).Count == 1 || await Version(bed) == 2, "the rebuild has begun");
        var id = Guid.NewGuid();
        var meanwhile = await bed.Append(id, new Entered(1m, "meanwhile"));
        await old.WaitFor("tests.ledgers", ProjectionBed.Tenant, meanwhile.Position, ProjectionBed.Patience, ProjectionBed.Ct);
        await RebuiltAll(bed);

        Assert.Equal(2, await Version(bed));
        Assert.Equal(live, (await bed.AllViews()).Where(view => !view.Contains(id.ToString(), StringComparison.Ordinal)));
        Assert.Equal(1m, (await bed.View<LedgerView>(id))!.Sum);
        await ProjectionBed.Eventually(() => Task.FromResult(old.Statuses.Count == 0), "the host of the old version has let go");

        static async Task<int> Version(ProjectionBed bed) =>
            (await bed.Query<int>("select min(version) from eventstore.projection_checkpoints where slot = 'live'"))[0];
    }

    [Fact]
    public async Task A_rebuild_takes_parked_events_again_and_parks_what_it_cannot_take()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var (one, two) = (Guid.NewGuid(), Guid.NewGuid());
        var views = new LedgerViews { Fails = envelope => envelope.AggregateId == one };
        var operations = bed.Operations(new LedgerViews());
        var runner = await bed.Run(views);
        await bed.Append(one, new Entered(1m, "a"), new Entered(2m, "b"));
        await bed.Append(two, new Entered(4m, "a"));
        await bed.CaughtUp(runner);
        Assert.Equal(one, Assert.Single(await operations.Parked(ct: ProjectionBed.Ct)).Stream.AggregateId);

        views.Fails = envelope => envelope.AggregateId == two;
        await operations.Rebuild("tests.ledgers", ProjectionBed.Ct);
        await RebuiltAll(bed);

        Assert.Equal(3m, (await bed.View<LedgerView>(one))!.Sum);
        Assert.Null(await bed.View<LedgerView>(two));
        var parked = Assert.Single(await operations.Parked(ct: ProjectionBed.Ct));
        Assert.Equal((two, false), (parked.Stream.AggregateId, parked.IsOfRebuild));

        views.Fails = _ => false;
        await operations.RetryAll("tests.ledgers", ProjectionBed.Ct);
        await ProjectionBed.Eventually(async () => await bed.View<LedgerView>(two) is { Sum: 4m }, "the parked event is taken");
    }

    [Fact]
    public async Task A_rebuild_can_be_paused_resumed_and_cancelled_and_tells_how_far_it_is()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        await Fill(bed);
        var operations = bed.Operations(new LedgerViews(), new EntryTable());
        var first = await bed.Run(new LedgerViews(), new EntryTable());
        await bed.CaughtUp(first);
        await first.StopAsync(ProjectionBed.Ct);
        Assert.False(await operations.PauseRebuild("tests.entries", ProjectionBed.Ct));
        Assert.Equal(["tests.entries", "tests.ledgers"], await operations.RebuildAll("ledger", ProjectionBed.Ct));
        Assert.Empty(await operations.RebuildAll("meter", ProjectionBed.Ct));
        Assert.True(await operations.PauseRebuild("tests.entries", ProjectionBed.Ct));
        Assert.True(await operations.PauseRebuild("tests.ledgers", ProjectionBed.Ct));

        var second = await bed.Run(new LedgerViews(), new EntryTable());
        await ProjectionBed.Eventually(() => Task.FromResult(second.Statuses.Count == 16), "the live rows are projected");
        var waiting = (await operations.Rebuilds("tests.ledgers", ProjectionBed.Ct))[0];
        Assert.Equal((8, 0L, 100L, true, null), (waiting.Shards, waiting.Events, waiting.EventsTotal, waiting.IsPaused, waiting.TimeLeft));

        Assert.True(await operations.CancelRebuild("tests.entries", ProjectionBed.Ct));
        Assert.False(await operations.CancelRebuild("tests.entries", ProjectionBed.Ct));
        Assert.True(await operations.ResumeRebuild("tests.ledgers", ProjectionBed.Ct));
        await RebuiltAll(bed);
        Assert.Equal([0L], await bed.Query<long>("select count(*) from pg_tables where schemaname = 'tests_shadow'"));
    }

    [Fact]
    public async Task A_paused_projection_stands_still_until_it_is_resumed()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var operations = bed.Operations(new LedgerViews());
        var runner = await bed.Run(new LedgerViews());
        await ProjectionBed.Eventually(() => Task.FromResult(runner.Statuses.Count == 8), "it runs");
        await operations.Pause("tests.ledgers", ProjectionBed.Ct);
        await ProjectionBed.Eventually(() => Task.FromResult(runner.Statuses.Count == 0), "it has stopped");
        var id = Guid.NewGuid();
        await bed.Append(id, new Entered(1m, "a"));

        await operations.Resume("tests.ledgers", ProjectionBed.Ct);
        await bed.CaughtUp(runner);

        Assert.Equal(1m, (await bed.View<LedgerView>(id))!.Sum);
    }

    [Fact]
    public async Task A_rebuild_of_a_subscription_delivers_everything_again_and_that_of_everything_leaves_it_alone()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var recorder = new Recorder().Of<Ledger>();
        var operations = bed.Operations(recorder, new LedgerViews());
        var runner = await bed.Run(recorder, new LedgerViews());
        await bed.Append(Guid.NewGuid(), new Entered(1m, "a"));
        await bed.CaughtUp(runner);

        Assert.Equal(["tests.ledgers"], await operations.RebuildAll(ct: ProjectionBed.Ct));
        await RebuiltAll(bed);
        Assert.Single(recorder.Seen);

        await operations.Rebuild("tests.recorder", ProjectionBed.Ct);
        await ProjectionBed.Eventually(() => Task.FromResult(recorder.Seen.Count == 2), "it is delivered again");
    }

    private static Task RebuiltAll(ProjectionBed bed) => ProjectionBed.Eventually(
        async () => (await bed.Query<long>("select count(*) from eventstore.projection_checkpoints where slot = 'shadow'"))[0] == 0, "the rebuilds are done");

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
