using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Monolith.Testing;

namespace Monolith.EventStore.Tests.Projections;

public sealed class FailureTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Killing_the_backends_in_the_middle_loses_and_repeats_nothing()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var ids = Enumerable.Range(0, 5).Select(_ => Guid.NewGuid()).ToArray();
        var runner = await bed.Run(new LedgerViews(), new EntryTable());
        for (var round = 0; round < 60; round++)
        {
            foreach (var id in ids)
            {
                await bed.Append(id, new Entered(1m, "a"), new Entered(2m, "b"));
            }

            if (round % 10 == 5)
            {
                await bed.KillBackends();
            }
        }

        await bed.CaughtUp(runner);

        foreach (var id in ids)
        {
            Assert.Equal(new LedgerView(id, 180m, 120, true, null), await bed.View<LedgerView>(id));
        }

        Assert.Equal([600L], await bed.Query<long>("select count(*) from tests.entries"));
    }

    [Fact]
    public async Task A_failing_event_is_parked_with_the_later_ones_of_its_aggregate_and_others_go_on()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var (bad, good) = (Guid.NewGuid(), Guid.NewGuid());
        var views = new LedgerViews { Fails = envelope => envelope.Event is Entered { Note: "poison" } };
        var runner = await bed.Run(views);
        await bed.Append(bad, new Entered(1m, "fine"));
        var poison = await bed.Append(bad, new Entered(2m, "poison"));
        await bed.Append(bad, new Entered(4m, "later"));
        await bed.Append(good, new Entered(8m, "fine"));
        await bed.CaughtUp(runner);
        await bed.Append(bad, new Entered(16m, "even later"));
        await bed.Append(good, new Entered(32m, "fine"));
        await bed.CaughtUp(runner);

        Assert.Equal(1m, (await bed.View<LedgerView>(bad))!.Sum);
        Assert.Equal(40m, (await bed.View<LedgerView>(good))!.Sum);
        var parked = Assert.Single(await bed.Operations(new LedgerViews()).Parked("tests.ledgers", ProjectionBed.Ct));
        Assert.Equal((poison.Position, 2L, 5), (parked.Position, parked.Waiting, parked.Attempts));
        Assert.Equal(new StreamId(ProjectionBed.Tenant, "ledger", bad), parked.Stream);
        Assert.Contains("This event is poison.", parked.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retrying_drains_the_parked_events_in_order()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var id = Guid.NewGuid();
        var views = new LedgerViews { Fails = envelope => envelope.Event is Entered { Note: "poison" } };
        var operations = bed.Operations(new LedgerViews());
        var runner = await bed.Run(views);
        var poison = await bed.Append(id, new Entered(1m, "poison"));
        await bed.Append(id, new Entered(2m, "later"), new Entered(4m, "later"));
        await bed.CaughtUp(runner);

        Assert.True(await operations.Retry("tests.ledgers", poison.Position, ProjectionBed.Ct));
        await ProjectionBed.Eventually(
            async () => (await operations.Parked(ct: ProjectionBed.Ct))[0] is { Attempts: 6, RetryAt: null }, "the retry has failed again");

        views.Fails = _ => false;
        Assert.Equal(1, await operations.RetryAll("tests.ledgers", ProjectionBed.Ct));
        await ProjectionBed.Eventually(async () => (await bed.Query<long>("select count(*) from eventstore.projection_parked"))[0] == 0, "nothing is parked");
        await bed.Append(id, new Entered(8m, "new"));
        await bed.CaughtUp(runner);

        Assert.Equal(new LedgerView(id, 15m, 4, true, null), await bed.View<LedgerView>(id));
        Assert.False(await operations.Retry("tests.ledgers", poison.Position, ProjectionBed.Ct));
    }

    [Fact]
    public async Task Skipping_leaves_one_event_out_and_records_why()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var id = Guid.NewGuid();
        var operations = bed.Operations(new LedgerViews());
        var runner = await bed.Run(new LedgerViews { Fails = envelope => envelope.Event is Entered { Note: "poison" } });
        await bed.Append(id, new Entered(1m, "fine"));
        var poison = await bed.Append(id, new Entered(2m, "poison"));
        await bed.CaughtUp(runner);

        Assert.True(await operations.Skip("tests.ledgers", poison.Position, "entered by mistake", "ada", ProjectionBed.Ct));
        await ProjectionBed.Eventually(async () => (await bed.Query<long>("select count(*) from eventstore.projection_parked"))[0] == 0, "nothing is parked");
        await bed.Append(id, new Entered(4m, "later"));
        await bed.CaughtUp(runner);

        Assert.Equal(5m, (await bed.View<LedgerView>(id))!.Sum);
        Assert.Equal(["entered by mistake, ada"], await bed.Query<string>("select reason || ', ' || skipped_by from eventstore.projection_skipped"));
    }

    [Fact]
    public async Task Parked_aggregates_stay_parked_over_a_restart()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var id = Guid.NewGuid();
        var first = await bed.Run(new LedgerViews { Fails = envelope => envelope.Event is Entered { Note: "poison" } });
        await bed.Append(id, new Entered(1m, "poison"));
        await bed.CaughtUp(first);
        await first.StopAsync(ProjectionBed.Ct);

        var second = await bed.Run(new LedgerViews());
        await bed.Append(id, new Entered(2m, "later"));
        await bed.CaughtUp(second);

        Assert.Null(await bed.View<LedgerView>(id));
        Assert.Equal(1, (await bed.Operations(new LedgerViews()).Parked(ct: ProjectionBed.Ct))[0].Waiting);
    }

    [Fact]
    public async Task An_event_that_only_the_view_store_refuses_is_found_in_its_batch()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        bed.Refused = "\"sum\":999,";
        var ids = Enumerable.Range(0, 50).Select(_ => Guid.NewGuid()).ToArray();
        foreach (var id in ids)
        {
            await bed.Append(id, new Entered(id == ids[37] ? 999m : 1m, "a"));
        }

        var runner = await bed.Run(new LedgerViews());
        await bed.CaughtUp(runner);

        Assert.Equal(ids[37], Assert.Single(await bed.Operations(new LedgerViews()).Parked(ct: ProjectionBed.Ct)).Stream.AggregateId);
        Assert.Equal([49L], await bed.Query<long>("select count(*) from views"));
    }

    [Fact]
    public async Task A_statement_that_the_database_refuses_is_put_down_to_its_event()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var (one, two) = (Guid.NewGuid(), Guid.NewGuid());
        await bed.Append(one, new Entered(1m, "a"), new Entered(1000m, "too much"), new Entered(2m, "b"));
        await bed.Append(two, new Entered(4m, "c"));
        var runner = await bed.Run(new EntryTable());
        await bed.CaughtUp(runner);

        Assert.Equal([1m, 4m], await bed.Query<decimal>("select amount from tests.entries order by position"));
        var parked = Assert.Single(await bed.Operations(new EntryTable()).Parked(ct: ProjectionBed.Ct));
        Assert.Equal((2L, 1L), (parked.Version, parked.Waiting));
        Assert.Contains("entries_amount_check", parked.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_whose_type_nobody_declares_is_parked_and_named()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var (bad, good) = (Guid.NewGuid(), Guid.NewGuid());
        await bed.Append(bad, new Entered(1m, "a"));
        await bed.Execute(
            """
            insert into eventstore.events
            select nextval('eventstore.position'), 2, recorded_at, gen_random_uuid(), aggregate_id, 1, aggregate_type, shard, tenant_id, 'ledger.vanished', '{}', '{}'
            from eventstore.events
            """);
        await bed.Append(good, new Entered(2m, "a"));
        var runner = await bed.Run(new LedgerViews(), new WordViews());
        await bed.CaughtUp(runner);

        Assert.Equal(2m, (await bed.View<LedgerView>(good))!.Sum);
        var parked = Assert.Single(await bed.Operations(new LedgerViews()).Parked(ct: ProjectionBed.Ct));
        Assert.Equal(("tests.ledgers", "ledger.vanished"), (parked.Projection, parked.EventType));
        Assert.Contains("ledger.vanished", parked.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_subscription_that_fails_is_not_given_again_what_it_has_dealt_with()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var id = Guid.NewGuid();
        var failures = 2;
        var recorder = new Recorder
        {
            OnEvent = envelope => envelope.Event is Entered { Note: "c" } && failures-- > 0 ? throw new HttpRequestException("503") : Task.CompletedTask,
        }.Of<Ledger>();
        await bed.Append(id, new Entered(1m, "a"), new Entered(2m, "b"), new Entered(3m, "c"), new Entered(4m, "d"));
        var runner = await bed.Run(recorder);
        await bed.CaughtUp(runner);

        Assert.Equal([1L, 2L, 3L, 4L], recorder.Seen.Select(envelope => envelope.Version));
    }

    [Fact]
    public async Task An_event_that_takes_the_process_down_time_and_again_is_parked_untried()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var (deadly, good) = (Guid.NewGuid(), Guid.NewGuid());
        await bed.Append(good, new Entered(1m, "a"));
        var stored = await bed.Append(deadly, new Entered(2m, "deadly"));
        await bed.Append(good, new Entered(4m, "a"));
        await Died(crashes: 2, trying: "null", tries: 0);
        var tried = 0;

        // The process cannot die in a test, so it stops as if it had: the event is announced, and never finished.
        for (var life = 1; life <= 3; life++)
        {
            using var died = new ManualResetEventSlim();
            var options = ProjectionBed.Quick;
            var runner = await bed.Run(options, new LedgerViews { Fails = Dies });
            Assert.True(died.Wait(ProjectionBed.Patience, ProjectionBed.Ct));
            await runner.StopAsync(ProjectionBed.Ct);
            Assert.Equal([life], await bed.Query<int>("select tries from eventstore.projection_checkpoints where trying is not null"));
            await Died(crashes: 1, trying: stored.Position.ToString(), tries: life);

            bool Dies(Monolith.EventSourcing.EventEnvelope envelope)
            {
                if (envelope.AggregateId == deadly)
                {
                    tried++;
                    died.Set();
                    throw new OperationCanceledException();
                }

                return false;
            }
        }

        var last = await bed.Run(new LedgerViews());
        await bed.CaughtUp(last);

        Assert.Equal(5m, (await bed.View<LedgerView>(good))!.Sum);
        Assert.Null(await bed.View<LedgerView>(deadly));
        var parked = Assert.Single(await bed.Operations(new LedgerViews()).Parked(ct: ProjectionBed.Ct));
        Assert.Equal((stored.Position, 3), (parked.Position, parked.Attempts));
        Assert.Contains("The process ended 3 times", parked.Error, StringComparison.Ordinal);

        Task Died(int crashes, string trying, int tries) => bed.Execute(
            $"""
            insert into eventstore.projection_checkpoints (projection, shard, version, position, start_position, owner, crashes, trying, tries, started_at, updated_at)
            select 'tests.ledgers', shard, 1, 0, 0, 'dead', {crashes}, {trying}, {tries}, now(), now()
            from eventstore.shards
            on conflict (projection, slot, shard) do update
            set owner = 'dead', crashes = excluded.crashes, trying = excluded.trying, tries = excluded.tries
            where projection_checkpoints.shard = (select shard from eventstore.tenants where tenant_id = 'acme')
            """);
    }

    [Fact]
    public async Task A_missing_table_is_waited_out_and_nothing_is_parked()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var id = Guid.NewGuid();
        var runner = await bed.Run(new LedgerViews());
        await bed.Append(id, new Entered(1m, "a"));
        await bed.CaughtUp(runner);
        await bed.Execute("alter table views rename to moved_away");
        var stored = await bed.Append(id, new Entered(2m, "b"));
        await ProjectionBed.Eventually(
            () => Task.FromResult(runner.Statuses.Any(status => status is { State: ProjectionState.Failing, LastError: not null })), "the status shows the failure");

        await bed.Execute("alter table moved_away rename to views");
        await runner.WaitFor("tests.ledgers", ProjectionBed.Tenant, stored.Position, ProjectionBed.Patience, ProjectionBed.Ct);

        Assert.Equal(3m, (await bed.View<LedgerView>(id))!.Sum);
        Assert.Empty(await bed.Operations(new LedgerViews()).Parked(ct: ProjectionBed.Ct));
        Assert.All(runner.Statuses, status => Assert.Null(status.LastError));
    }
}
