using Monolith.EventStore;
using Monolith.EventStore.Projections;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>Every event is in the read model exactly once, in order, together with the checkpoint.</summary>
public abstract class ProjectionConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact, Behaviour(31)]
    public async Task Killing_the_sessions_in_the_middle_loses_and_repeats_nothing()
    {
        await using var hosts = await NewHosts();
        var streams = Enumerable.Range(0, 5).Select(_ => NewTally()).ToArray();
        var runner = await hosts.Run(new TallyViews(), new NumberTable());
        for (var round = 0; round < 60; round++)
        {
            foreach (var stream in streams)
            {
                await hosts.Count(stream, 1, 2);
            }

            if (round % 10 == 5)
            {
                await hosts.KillSessions();
            }
        }

        await hosts.CaughtUp(runner);

        foreach (var stream in streams)
        {
            Assert.Equal(new TallyView(stream.AggregateId, 180, 120, true, null), await hosts.View<TallyView>(stream));
        }

        Assert.Equal([600L], await hosts.Query<long>("select count(*) from tests.numbers"));
    }

    [Fact, Behaviour(33)]
    public async Task All_events_of_an_aggregate_are_seen_in_order_while_other_shards_run_beside()
    {
        await using var hosts = await NewHosts();

        // The event of each tenant is dealt with only when that of the other has come too.
        using var both = new CountdownEvent(2);
        var recorder = new Recorder
        {
            OnEvent = async (envelope, ct) =>
            {
                if (envelope.Version == 1)
                {
                    both.Signal();
                    await Task.Run(() => both.Wait(ct), ct);
                }
            },
        }.Of<Tally>();
        var (one, two) = (NewTally(Acme), NewTally(Globex));
        await hosts.Count(one, 1, 2, 3);
        await hosts.Count(two, 4, 5, 6);
        var runner = await hosts.Run(recorder);
        await hosts.Count(one, 7);
        await hosts.CaughtUp(runner);

        Assert.Equal([1L, 2L, 3L, 7L], recorder.Numbers.Where(number => number is < 4 or 7));
        Assert.Equal([4L, 5L, 6L], recorder.Numbers.Where(number => number is > 3 and < 7));
    }

    [Fact, Behaviour(34)]
    public async Task Rows_and_checkpoint_are_seen_together_or_not_at_all()
    {
        await using var hosts = await NewHosts();
        var stream = NewTally();
        await hosts.Execute("create table views (view text, tenant_id text, id text, data jsonb, primary key (view, tenant_id, id))");
        var runner = await hosts.Run(new TallyViews());
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var looking = Task.Run(Look, Ct);
        for (var number = 1; number <= 100; number++)
        {
            await hosts.Count(stream, number);
            if (number % 25 == 0)
            {
                await hosts.KillSessions();
            }
        }

        await hosts.CaughtUp(runner);
        await done.CancelAsync();

        Assert.True(await looking > 0);
        Assert.Equal(5050, (await hosts.View<TallyView>(stream))!.Sum);

        // One statement sees one moment.
        async Task<int> Look()
        {
            var looks = 0;
            while (!done.IsCancellationRequested)
            {
                Assert.Empty(await hosts.Query<string>(
                    $"""
                    select format('at %s: %s', c.position, v.data)
                    from eventstore.projection_checkpoints c
                    join eventstore.tenants t on t.shard = c.shard and t.tenant_id = '{stream.TenantId}'
                    left join views v on v.view = 'TallyView' and v.tenant_id = t.tenant_id and v.id = '{stream.AggregateId}'
                    where coalesce((v.data ->> 'version')::bigint, 0) <> (
                      select count(*) from eventstore.events e where e.aggregate_id = '{stream.AggregateId}' and e.position <= c.position
                    )
                    """));
                looks++;
            }

            return looks;
        }
    }

    [Fact, Behaviour(34)]
    public async Task Rows_that_cannot_be_committed_leave_the_checkpoint_where_it_was()
    {
        await using var hosts = await NewHosts();
        var runner = await hosts.Run(new NumberTable());
        var stream = NewTally();
        await hosts.Count(stream, 1);
        await hosts.CaughtUp(runner);

        // Refused by the commit itself, behind every statement of the batch. Not an error of the data, so it is waited out.
        await hosts.Execute(
            """
            create function tests.refuse() returns trigger language plpgsql as $$
            begin
              raise exception 'not now' using errcode = '55000';
            end
            $$;
            create constraint trigger refuse after insert on tests.numbers deferrable initially deferred for each row execute function tests.refuse()
            """);
        var refused = await hosts.Count(stream, 2);
        await hosts.Until(() => runner.Statuses.Any(status => status.State == ProjectionState.Failing), "the batch is refused");

        Assert.Equal([1L], await hosts.Query<long>("select number from tests.numbers"));
        Assert.True((await hosts.Query<long>($"select position from eventstore.projection_checkpoints join eventstore.tenants t using (shard) where t.tenant_id = '{Acme}'"))[0] < refused.Position);
        await hosts.Execute("drop trigger refuse on tests.numbers");
        await hosts.CaughtUp(runner);
        Assert.Equal([1L, 2L], await hosts.Query<long>("select number from tests.numbers order by position"));
    }

    [Fact]
    public async Task Events_stored_before_and_after_the_start_are_folded_into_views()
    {
        await using var hosts = await NewHosts();
        var stream = NewTally();
        await hosts.Count(stream, 1, 2);
        var runner = await hosts.Run(new TallyViews());
        var last = await hosts.Append(stream, new Noted("main"), new Counted(3));

        await runner.WaitFor("tests.tallies", Acme, last.Position, ProjectionHosts.Patience, Ct);

        Assert.Equal(new TallyView(stream.AggregateId, 6, 4, true, "main"), await hosts.View<TallyView>(stream));
    }

    [Fact, Behaviour(40)]
    public async Task The_same_id_in_two_tenants_is_two_views()
    {
        await using var hosts = await NewHosts();
        var stream = NewTally();
        var runner = await hosts.Run(new TallyViews());
        await hosts.Count(stream, 1);
        await hosts.Count(stream with { TenantId = Hooli }, 2);
        await hosts.CaughtUp(runner);

        Assert.Equal(1, (await hosts.View<TallyView>(stream))!.Sum);
        Assert.Equal(2, (await hosts.View<TallyView>(stream with { TenantId = Hooli }))!.Sum);
    }

    [Fact]
    public async Task A_view_that_the_fold_gives_up_is_removed()
    {
        await using var hosts = await NewHosts();
        var stream = NewTally();
        var runner = await hosts.Run(new TallyViews());
        await hosts.Count(stream, 1);
        await hosts.CaughtUp(runner);
        Assert.NotNull(await hosts.View<TallyView>(stream));

        await hosts.Append(stream, new Noted("remove"));
        await hosts.CaughtUp(runner);

        Assert.Null(await hosts.View<TallyView>(stream));
    }

    [Fact]
    public async Task One_event_can_change_many_views_and_many_aggregates_one_view()
    {
        await using var hosts = await NewHosts();
        var runner = await hosts.Run(new WordViews());
        await hosts.Append(NewTally(), new Noted("red green red"), new Counted(1));
        await hosts.Append(NewTally(), new Noted("green blue"));
        await hosts.CaughtUp(runner);

        Assert.Equal(new WordView("red", 1), await hosts.View<WordView>("red"));
        Assert.Equal(new WordView("green", 2), await hosts.View<WordView>("green"));
        Assert.Equal(new WordView("blue", 1), await hosts.View<WordView>("blue"));
        Assert.Equal(3, (await hosts.AllViews()).Count);
    }

    [Fact]
    public async Task A_projection_can_read_several_aggregate_types()
    {
        await using var hosts = await NewHosts();
        var (tally, order) = (NewTally(), NewOrder());
        await hosts.Append(order, new OrderRemarked("a"));
        var runner = await hosts.Run(new EventCountViews());
        await hosts.Count(tally, 1, 2);
        await hosts.Append(order, new OrderRemarked("b"));
        await hosts.CaughtUp(runner);

        Assert.Equal((2, 2), ((await hosts.View<EventCountView>(tally))!.Events, (await hosts.View<EventCountView>(order))!.Events));
    }

    [Fact]
    public async Task A_table_projection_writes_its_rows_with_its_checkpoint()
    {
        await using var hosts = await NewHosts();
        var stream = NewTally();
        await hosts.Append(stream, new Counted(15), new Noted("n"), new Counted(25));
        var runner = await hosts.Run(new NumberTable());
        await hosts.Count(stream, 30);
        await hosts.CaughtUp(runner);

        Assert.Equal([15L, 25L, 30L], await hosts.Query<long>("select number from tests.numbers order by position"));
    }

    [Fact, Behaviour(42)]
    public async Task A_tenant_with_a_shard_of_its_own_is_projected_without_a_restart()
    {
        await using var hosts = await NewHosts();
        var runner = await hosts.Run(new TallyViews());
        await hosts.Store.Store.Tenants.Add("big", TenantPlacement.Dedicated, Ct);
        var stream = NewTally("big");
        var stored = await hosts.Count(stream, 7);

        await runner.WaitFor("tests.tallies", "big", stored.Position, ProjectionHosts.Patience, Ct);

        Assert.Equal(7, (await hosts.View<TallyView>(stream))!.Sum);
    }
}
