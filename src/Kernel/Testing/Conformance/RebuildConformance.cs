using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>A rebuild gives the very rows that are there, beside them and without anybody noticing.</summary>
public abstract class RebuildConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact, Behaviour(37)]
    public async Task A_rebuild_equals_the_live_result_byte_for_byte()
    {
        await using var hosts = await NewHosts();
        Projection[] projections = [new TallyViews(), new WordViews(), new NumberTable()];
        var runner = await hosts.Run(projections);
        await Fill(hosts);
        await hosts.CaughtUp(runner);
        var (views, numbers) = (await hosts.AllViews(), await hosts.AllNumbers());
        await hosts.Execute("update views set data = jsonb_set(data, '{sum}', '0') where view = 'TallyView'; update tests.numbers set number = 0");

        await RebuildAll(hosts, projections);
        await hosts.Rebuilt();

        Assert.Equal(views, await hosts.AllViews());
        Assert.Equal(numbers, await hosts.AllNumbers());
    }

    [Fact, Behaviour(37)]
    public async Task A_rebuild_includes_what_is_appended_meanwhile()
    {
        await using var hosts = await NewHosts();
        Projection[] projections = [new TallyViews(), new WordViews(), new NumberTable()];
        var runner = await hosts.Run(projections);
        var streams = await Fill(hosts);
        await hosts.CaughtUp(runner);
        await RebuildAll(hosts, projections);

        // Some of it before the rows change places, some after, and some at that very moment.
        var rebuilt = hosts.Rebuilt();
        for (var number = 1; number <= 40 || !rebuilt.IsCompleted; number++)
        {
            await hosts.Append(streams[number % streams.Length], new Counted(1), new Noted("meanwhile"));
        }

        await rebuilt;
        await hosts.CaughtUp(runner);
        var (views, numbers) = (await hosts.AllViews(), await hosts.AllNumbers());
        Assert.DoesNotContain("\"inOrder\": false", string.Concat(views), StringComparison.Ordinal);

        // Nobody appends now, so once more must give the same.
        await RebuildAll(hosts, projections);
        await hosts.Rebuilt();
        Assert.Equal(views, await hosts.AllViews());
        Assert.Equal(numbers, await hosts.AllNumbers());
    }

    [Fact, Behaviour(37)]
    public async Task A_reader_sees_the_old_rows_until_the_new_ones_take_their_place_never_an_empty_or_mixed_table()
    {
        await using var hosts = await NewHosts();
        await Fill(hosts);
        var runner = await hosts.Run(new NumberTable());
        await hosts.CaughtUp(runner);
        await hosts.Execute("alter table tests.numbers add column generation int not null default 1");
        var expected = (await hosts.Query<long>("select count(*) from tests.numbers"))[0];
        using var enough = new CancellationTokenSource();
        var generations = new HashSet<string>();
        var reading = Read();
        await hosts.Until(() => generations.Count == 1, "the reader has read the old rows");

        await hosts.Operations(new NumberTable()).Rebuild("tests.numbers", ct: Ct);
        await hosts.Rebuilt();
        await hosts.Until(() => generations.Count == 2, "the reader has read the new rows");
        await enough.CancelAsync();
        await reading;

        Assert.Equal([$"{expected} -", $"{expected} 1"], generations.Order());

        async Task Read()
        {
            while (!enough.IsCancellationRequested)
            {
                generations.Add((await hosts.Query<string>(
                    "select count(*) || ' ' || string_agg(distinct coalesce(to_jsonb(n) ->> 'generation', '-'), ',') from tests.numbers n"))[0]);
            }
        }
    }

    [Fact, Behaviour(37)]
    public async Task A_second_rebuild_of_the_same_projection_is_refused_until_the_first_is_done()
    {
        await using var hosts = await NewHosts();
        await Fill(hosts);
        var operations = hosts.Operations(new TallyViews());
        var first = await hosts.Run(new TallyViews());
        await hosts.CaughtUp(first);
        var live = await hosts.AllViews();
        await first.StopAsync(Ct);
        await operations.Rebuild("tests.tallies", ct: Ct);

        var refused = await Assert.ThrowsAsync<RebuildRunningException>(() => operations.Rebuild("tests.tallies", ct: Ct));
        Assert.Equal("rebuild_running", refused.Code);
        Assert.Equal(live, await hosts.AllViews());

        await hosts.Run(new TallyViews());
        await hosts.Rebuilt();
        Assert.Equal(live, await hosts.AllViews());
        await operations.Rebuild("tests.tallies", ct: Ct);
    }

    [Fact, Behaviour(37)]
    public async Task A_rebuild_goes_on_where_it_was_when_its_host_died()
    {
        await using var hosts = await NewHosts();
        await Fill(hosts);
        var first = await hosts.Run(new TallyViews());
        await hosts.CaughtUp(first);
        var live = await hosts.AllViews();
        await first.StopAsync(Ct);
        var operations = hosts.Operations(new TallyViews());
        await operations.Rebuild("tests.tallies", ct: Ct);

        // It stores each event by itself, and dies over the thirtieth.
        var oneByOne = ProjectionHosts.Quick;
        oneByOne.MaxBatchEvents = 1;
        using var dead = new ManualResetEventSlim();
        var (taken, dying) = (0, new TaskCompletionSource());
        var second = await hosts.Start(new() { Options = oneByOne, BehindRelay = true }, new TallyViews { Fails = Dies });
        await dying.Task.WaitAsync(Ct);
        await second.Kill();
        dead.Set();
        var done = (await operations.Rebuilds("tests.tallies", Ct))[0].Events;

        await hosts.Run(new TallyViews());
        await hosts.Rebuilt();

        Assert.InRange(done, 20, 30);
        Assert.Equal(live, await hosts.AllViews());
        Assert.Equal([100L], await hosts.Query<long>("select sum(events)::bigint from eventstore.projection_checkpoints"));

        bool Dies(EventEnvelope envelope)
        {
            if (Interlocked.Increment(ref taken) >= 30)
            {
                dying.TrySetResult();
                dead.Wait(Ct);
            }

            return false;
        }
    }

    [Fact, Behaviour(37)]
    public async Task A_changed_version_is_rebuilt_at_the_start_while_hosts_of_the_old_version_go_on()
    {
        await using var hosts = await NewHosts();
        await Fill(hosts);
        var old = await hosts.Run(new TallyViews());
        await hosts.CaughtUp(old);
        var live = await hosts.AllViews();
        await hosts.Execute("update views set data = jsonb_set(data, '{sum}', '0')");
        var operations = hosts.Operations(new TallyViews(version: 2));

        await hosts.Run(new TallyViews(version: 2));
        await hosts.Until(async () => (await operations.Rebuilds(ct: Ct)).Count == 1 || await Version() == 2, "the rebuild has begun");
        var stream = NewTally();
        var meanwhile = await hosts.Count(stream, 1);
        await old.WaitFor("tests.tallies", Acme, meanwhile.Position, ProjectionHosts.Patience, Ct);
        await hosts.Rebuilt();

        Assert.Equal(2, await Version());
        Assert.Equal(live, (await hosts.AllViews()).Where(view => !view.Contains(stream.AggregateId.ToString(), StringComparison.Ordinal)));
        Assert.Equal(1, (await hosts.View<TallyView>(stream))!.Sum);
        await hosts.Until(() => old.Statuses.Count == 0, "the host of the old version has let go");

        async Task<int> Version() => (await hosts.Query<int>("select min(version) from eventstore.projection_checkpoints where slot = 'live'"))[0];
    }

    [Fact, Behaviour(36, 37)]
    public async Task A_rebuild_takes_parked_events_again_and_parks_what_it_cannot_take()
    {
        await using var hosts = await NewHosts();
        var (one, two) = (NewTally(), NewTally());
        var views = new TallyViews { Fails = envelope => envelope.Stream == one };
        var operations = hosts.Operations(new TallyViews());
        var runner = await hosts.Run(views);
        await hosts.Count(one, 1, 2);
        await hosts.Count(two, 4);
        await hosts.CaughtUp(runner);
        Assert.Equal(one, Assert.Single(await operations.Parked(ct: Ct)).Stream);

        views.Fails = envelope => envelope.Stream == two;
        await operations.Rebuild("tests.tallies", ct: Ct);
        await hosts.Rebuilt();

        Assert.Equal(3, (await hosts.View<TallyView>(one))!.Sum);
        Assert.Null(await hosts.View<TallyView>(two));
        var parked = Assert.Single(await operations.Parked(ct: Ct));
        Assert.Equal((two, false), (parked.Stream, parked.IsOfRebuild));

        views.Fails = _ => false;
        await operations.RetryAll("tests.tallies", Ct);
        await hosts.Until(async () => await hosts.View<TallyView>(two) is { Sum: 4 }, "the parked event is taken");
    }

    [Fact, Behaviour(37)]
    public async Task A_rebuild_can_be_paused_resumed_and_cancelled_and_tells_how_far_it_is()
    {
        await using var hosts = await NewHosts();
        await Fill(hosts);
        Projection[] projections = [new TallyViews(), new NumberTable()];
        var operations = hosts.Operations(projections);
        var first = await hosts.Run(projections);
        await hosts.CaughtUp(first);
        await first.StopAsync(Ct);
        Assert.False(await operations.PauseRebuild("tests.numbers", Ct));
        Assert.Equal(["tests.numbers", "tests.tallies"], await operations.RebuildAll("tally", ct: Ct));
        Assert.Empty(await operations.RebuildAll("order", ct: Ct));
        Assert.True(await operations.PauseRebuild("tests.numbers", Ct));
        Assert.True(await operations.PauseRebuild("tests.tallies", Ct));

        var second = await hosts.Run(projections);
        await hosts.Owns(second, 6);
        var waiting = (await operations.Rebuilds("tests.tallies", Ct))[0];
        Assert.Equal((3, 0L, 100L, true, null), (waiting.Shards, waiting.Events, waiting.EventsTotal, waiting.IsPaused, waiting.TimeLeft));

        Assert.True(await operations.CancelRebuild("tests.numbers", Ct));
        Assert.False(await operations.CancelRebuild("tests.numbers", Ct));
        Assert.True(await operations.ResumeRebuild("tests.tallies", Ct));
        await hosts.Rebuilt();
        Assert.Equal([0L], await hosts.Query<long>("select count(*) from pg_tables where schemaname = 'tests_shadow'"));
    }

    [Fact]
    public async Task A_paused_projection_stands_still_until_it_is_resumed()
    {
        await using var hosts = await NewHosts();
        var operations = hosts.Operations(new TallyViews());
        var runner = await hosts.Run(new TallyViews());
        await hosts.Owns(runner, 3);
        await operations.Pause("tests.tallies", Ct);
        await hosts.Until(() => runner.Statuses.Count == 0, "it has stopped");
        var stream = NewTally();
        await hosts.Count(stream, 1);

        await operations.Resume("tests.tallies", Ct);
        await hosts.CaughtUp(runner);

        Assert.Equal(1, (await hosts.View<TallyView>(stream))!.Sum);
    }

    [Fact, Behaviour(37)]
    public async Task A_rebuild_of_a_subscription_delivers_everything_again_and_that_of_everything_leaves_it_alone()
    {
        await using var hosts = await NewHosts();
        var recorder = new Recorder().Of<Tally>();
        var operations = hosts.Operations(recorder, new TallyViews());
        var runner = await hosts.Run(recorder, new TallyViews());
        await hosts.Count(NewTally(), 1);
        await hosts.CaughtUp(runner);

        Assert.Equal(["tests.tallies"], await operations.RebuildAll(ct: Ct));
        await hosts.Rebuilt();
        Assert.Single(recorder.Seen);

        await operations.Rebuild("tests.recorder", ct: Ct);
        await hosts.Until(() => recorder.Seen.Count == 2, "it is delivered again");
    }

    private static async Task RebuildAll(ProjectionHosts hosts, Projection[] projections)
    {
        var operations = hosts.Operations(projections);
        foreach (var projection in projections)
        {
            await operations.Rebuild(projection.Name);
        }
    }

    // A hundred events of twenty tallies in two tenants.
    private static async Task<StreamId[]> Fill(ProjectionHosts hosts)
    {
        var streams = Enumerable.Range(0, 20).Select(_ => NewTally()).ToArray();
        foreach (var stream in streams)
        {
            await hosts.Append(stream, new Counted(1), new Noted("green red"), new Counted(2));
            await hosts.Count(stream with { TenantId = Globex }, 5);
        }

        foreach (var stream in streams)
        {
            await hosts.Append(stream, new Noted("green"));
        }

        return streams;
    }
}
