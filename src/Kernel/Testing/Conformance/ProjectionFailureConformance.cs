using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>An event that a projection cannot take holds up its aggregate and nobody else, and nothing of it is lost.</summary>
public abstract class ProjectionFailureConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private const long Poison = 13;

    [Fact, Behaviour(36)]
    public async Task A_failing_event_is_parked_with_the_later_ones_of_its_aggregate_and_others_go_on()
    {
        await using var hosts = await NewHosts();
        var (bad, good) = (NewTally(), NewTally());
        var runner = await hosts.Run(new TallyViews { Fails = IsPoison });
        await hosts.Count(bad, 1);
        var poison = await hosts.Count(bad, Poison);
        await hosts.Count(bad, 4);
        await hosts.Count(good, 8);
        await hosts.CaughtUp(runner);
        await hosts.Count(bad, 16);
        await hosts.Count(good, 32);
        await hosts.CaughtUp(runner);

        Assert.Equal(1, (await hosts.View<TallyView>(bad))!.Sum);
        Assert.Equal(40, (await hosts.View<TallyView>(good))!.Sum);
        var parked = Assert.Single(await hosts.Operations(new TallyViews()).Parked("tests.tallies", Ct));
        Assert.Equal((poison.Position, 2L, 5, bad), (parked.Position, parked.Waiting, parked.Attempts, parked.Stream));
        Assert.Contains("This event is poison.", parked.Error, StringComparison.Ordinal);
    }

    [Fact, Behaviour(36)]
    public async Task An_event_that_fails_for_a_while_is_taken_and_not_parked()
    {
        await using var hosts = await NewHosts();
        var stream = NewTally();
        var failures = 0;
        var runner = await hosts.Run(new TallyViews { Fails = envelope => IsPoison(envelope) && Interlocked.Increment(ref failures) < 5 });
        await hosts.Count(stream, 1, Poison, 2);
        await hosts.CaughtUp(runner);

        Assert.Equal(new TallyView(stream.AggregateId, 16, 3, true, null), await hosts.View<TallyView>(stream));
        Assert.Empty(await hosts.Operations(new TallyViews()).Parked(ct: Ct));
    }

    [Fact, Behaviour(36)]
    public async Task Retrying_drains_the_parked_events_in_order()
    {
        await using var hosts = await NewHosts();
        var stream = NewTally();
        var views = new TallyViews { Fails = IsPoison };
        var operations = hosts.Operations(new TallyViews());
        var runner = await hosts.Run(views);
        var poison = await hosts.Count(stream, Poison);
        await hosts.Count(stream, 2, 4);
        await hosts.CaughtUp(runner);

        Assert.True(await operations.Retry("tests.tallies", poison.Position, Ct));
        await hosts.Until(async () => (await operations.Parked(ct: Ct))[0] is { Attempts: 6, RetryAt: null }, "the retry has failed again");

        views.Fails = _ => false;
        Assert.Equal(1, await operations.RetryAll("tests.tallies", Ct));
        await NothingParked(hosts);
        await hosts.Count(stream, 8);
        await hosts.CaughtUp(runner);

        Assert.Equal(new TallyView(stream.AggregateId, 27, 4, true, null), await hosts.View<TallyView>(stream));
        Assert.False(await operations.Retry("tests.tallies", poison.Position, Ct));
    }

    [Fact, Behaviour(36)]
    public async Task Retrying_one_event_leaves_those_of_other_aggregates_parked()
    {
        await using var hosts = await NewHosts();
        var (one, two) = (NewTally(), NewTally());
        var views = new TallyViews { Fails = IsPoison };
        var operations = hosts.Operations(new TallyViews());
        var runner = await hosts.Run(views);
        var poison = await hosts.Count(one, Poison);
        await hosts.Count(two, Poison);
        await hosts.CaughtUp(runner);
        Assert.Equal(2, (await operations.Parked(ct: Ct)).Count);

        views.Fails = _ => false;
        await operations.Retry("tests.tallies", poison.Position, Ct);
        await hosts.Until(async () => (await operations.Parked(ct: Ct)).Count == 1, "one is taken");

        Assert.Equal(two, (await operations.Parked(ct: Ct))[0].Stream);
        Assert.Equal(Poison, (await hosts.View<TallyView>(one))!.Sum);
    }

    [Fact, Behaviour(36)]
    public async Task Skipping_leaves_one_event_out_and_records_why()
    {
        await using var hosts = await NewHosts();
        var stream = NewTally();
        var operations = hosts.Operations(new TallyViews());
        var runner = await hosts.Run(new TallyViews { Fails = IsPoison });
        await hosts.Count(stream, 1);
        var poison = await hosts.Count(stream, Poison);
        await hosts.Count(stream, 2);
        await hosts.CaughtUp(runner);

        Assert.True(await operations.Skip("tests.tallies", poison.Position, "entered by mistake", "ada", Ct));
        await NothingParked(hosts);
        await hosts.Count(stream, 4);
        await hosts.CaughtUp(runner);

        Assert.Equal(7, (await hosts.View<TallyView>(stream))!.Sum);
        Assert.Equal(
            [$"{poison.Position}: entered by mistake, ada"],
            await hosts.Query<string>("select position || ': ' || reason || ', ' || skipped_by from eventstore.projection_skipped"));
        Assert.False(await operations.Skip("tests.tallies", poison.Position, "again", "ada", Ct));
        await Assert.ThrowsAsync<ArgumentException>(() => operations.Skip("tests.tallies", poison.Position, " ", "ada", Ct));
    }

    [Fact, Behaviour(36)]
    public async Task Parked_aggregates_stay_parked_over_a_restart()
    {
        await using var hosts = await NewHosts();
        var stream = NewTally();
        var first = await hosts.Run(new TallyViews { Fails = IsPoison });
        await hosts.Count(stream, Poison);
        await hosts.CaughtUp(first);
        await first.StopAsync(Ct);

        var second = await hosts.Run(new TallyViews());
        await hosts.Count(stream, 2);
        await hosts.CaughtUp(second);

        Assert.Null(await hosts.View<TallyView>(stream));
        Assert.Equal(1, (await hosts.Operations(new TallyViews()).Parked(ct: Ct))[0].Waiting);
    }

    [Fact, Behaviour(36)]
    public async Task An_event_that_only_the_view_store_refuses_is_found_in_its_batch()
    {
        await using var hosts = await NewHosts();
        hosts.Refused = "\"sum\":999,";
        var streams = Enumerable.Range(0, 50).Select(_ => NewTally()).ToArray();
        foreach (var stream in streams)
        {
            await hosts.Count(stream, stream == streams[37] ? 999 : 1);
        }

        await hosts.CaughtUp(await hosts.Run(new TallyViews()));

        Assert.Equal(streams[37], Assert.Single(await hosts.Operations(new TallyViews()).Parked(ct: Ct)).Stream);
        Assert.Equal([49L], await hosts.Query<long>("select count(*) from views"));
    }

    [Fact, Behaviour(36)]
    public async Task A_statement_that_the_database_refuses_is_put_down_to_its_event()
    {
        await using var hosts = await NewHosts();
        var stream = NewTally();
        await hosts.Count(stream, 1, 1000, 2);
        await hosts.Count(NewTally(), 4);
        await hosts.CaughtUp(await hosts.Run(new NumberTable()));

        Assert.Equal([1L, 4L], await hosts.Query<long>("select number from tests.numbers order by position"));
        var parked = Assert.Single(await hosts.Operations(new NumberTable()).Parked(ct: Ct));
        Assert.Equal((2L, 1L), (parked.Version, parked.Waiting));
        Assert.Contains("numbers_number_check", parked.Error, StringComparison.Ordinal);
    }

    [Fact, Behaviour(36, 44)]
    public async Task An_event_whose_type_nobody_declares_is_parked_and_named()
    {
        await using var hosts = await NewHosts();
        var (bad, good) = (NewTally(), NewTally());
        await hosts.Count(bad, 1);
        await hosts.Execute(
            """
            insert into eventstore.events (
              position, version, recorded_at, event_id, aggregate_id, event_version, aggregate_type, shard, tenant_id, event_type, data, metadata
            )
            select
              nextval('eventstore.position'), 2, recorded_at, gen_random_uuid(), aggregate_id, 1, aggregate_type, shard, tenant_id, 'tally.vanished', '{}', '{}'
            from eventstore.events
            """);
        await hosts.Count(good, 2);
        await hosts.CaughtUp(await hosts.Run(new TallyViews(), new WordViews()));

        Assert.Equal(2, (await hosts.View<TallyView>(good))!.Sum);
        var parked = Assert.Single(await hosts.Operations(new TallyViews()).Parked(ct: Ct));
        Assert.Equal(("tests.tallies", "tally.vanished"), (parked.Projection, parked.EventType));
        Assert.Contains("tally.vanished", parked.Error, StringComparison.Ordinal);
    }

    [Fact, Behaviour(36)]
    public async Task A_subscription_that_fails_is_not_given_again_what_it_has_dealt_with()
    {
        await using var hosts = await NewHosts();
        var stream = NewTally();
        var failures = 2;
        var recorder = new Recorder
        {
            OnEvent = (envelope, _) => IsPoison(envelope) && failures-- > 0 ? throw new HttpRequestException("503") : Task.CompletedTask,
        }.Of<Tally>();
        await hosts.Count(stream, 1, 2, Poison, 4);
        await hosts.CaughtUp(await hosts.Run(recorder));

        Assert.Equal([1L, 2L, Poison, 4L], recorder.Numbers);
    }

    [Fact, Behaviour(36)]
    public async Task A_subscription_parks_an_event_that_keeps_failing_and_delivers_it_when_it_is_retried()
    {
        await using var hosts = await NewHosts();
        var (bad, good) = (NewTally(), NewTally());
        var recorder = new Recorder { OnEvent = (envelope, _) => IsPoison(envelope) ? throw new HttpRequestException("503") : Task.CompletedTask }.Of<Tally>();
        var operations = hosts.Operations(new Recorder().Of<Tally>());
        var runner = await hosts.Run(recorder);
        await hosts.Count(bad, 1, Poison, 2);
        await hosts.Count(good, 4);
        await hosts.CaughtUp(runner);
        Assert.Equal([1L, 4L], recorder.Numbers);

        recorder.OnEvent = (_, _) => Task.CompletedTask;
        await operations.RetryAll(recorder.Name, Ct);
        await NothingParked(hosts);

        Assert.Equal([1L, 4L, Poison, 2L], recorder.Numbers);
    }

    [Fact, Behaviour(36)]
    public async Task A_missing_table_is_waited_out_and_nothing_is_parked()
    {
        await using var hosts = await NewHosts();
        var stream = NewTally();
        var runner = await hosts.Run(new TallyViews());
        await hosts.Count(stream, 1);
        await hosts.CaughtUp(runner);
        await hosts.Execute("alter table views rename to moved_away");
        var stored = await hosts.Count(stream, 2);
        await hosts.Until(() => runner.Statuses.Any(status => status is { State: ProjectionState.Failing, LastError: not null }), "the status shows the failure");

        await hosts.Execute("alter table moved_away rename to views");
        await runner.WaitFor("tests.tallies", Acme, stored.Position, ProjectionHosts.Patience, Ct);

        Assert.Equal(3, (await hosts.View<TallyView>(stream))!.Sum);
        Assert.Empty(await hosts.Operations(new TallyViews()).Parked(ct: Ct));
        Assert.All(runner.Statuses, status => Assert.Null(status.LastError));
    }

    [Fact, Behaviour(36)]
    public async Task An_outage_longer_than_all_attempts_is_waited_out_and_nothing_is_parked()
    {
        await using var hosts = await NewHosts();
        var stream = NewTally();
        var host = await hosts.Start(new() { BehindRelay = true }, new TallyViews());
        await hosts.Count(stream, 1);
        await hosts.CaughtUp(host.Runner);
        host.Network!.Break();
        await hosts.Count(stream, 2);
        await hosts.Until(() => host.Network.Refused > 20, "it has tried more often than an event is tried");

        host.Network.Mend();
        await hosts.CaughtUp(host.Runner);

        Assert.Equal(new TallyView(stream.AggregateId, 3, 2, true, null), await hosts.View<TallyView>(stream));
        Assert.Empty(await hosts.Operations(new TallyViews()).Parked(ct: Ct));
    }

    private static bool IsPoison(EventEnvelope envelope) => envelope.Event is Counted { Number: Poison };

    private static Task NothingParked(ProjectionHosts hosts) => hosts.Until(
        async () => (await hosts.Query<long>("select count(*) from eventstore.projection_parked"))[0] == 0, "nothing is parked");
}
