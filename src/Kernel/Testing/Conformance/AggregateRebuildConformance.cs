using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>What one aggregate is in a read model is made anew at once, while the projection goes on.</summary>
public abstract class AggregateRebuildConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact, Behaviour(37)]
    public async Task An_aggregate_is_rebuilt_in_place_and_the_rows_of_others_are_not_touched()
    {
        await using var hosts = await NewHosts();
        var operations = hosts.Operations(new TallyViews(), new NumberTable());
        var runner = await hosts.Run(new TallyViews(), new NumberTable());
        StreamId[] streams = [NewTally(), NewTally(), NewTally(Hooli)];
        foreach (var stream in streams)
        {
            await hosts.Append(stream, new Counted(1), new Noted("red"), new Counted(2));
        }

        await hosts.Count(streams[0] with { TenantId = Globex }, 7);
        await hosts.CaughtUp(runner);
        var (views, numbers) = (await hosts.AllViews(), await hosts.AllNumbers());
        var others = await Others();
        await hosts.Execute(
            $"""
            update views set data = jsonb_set(data, '{"{sum}"}', '0') where tenant_id = '{Acme}' and id = '{streams[0].AggregateId}';
            update tests.numbers set number = number + 100 where tenant_id = '{Acme}' and tally_id = '{streams[0].AggregateId}';
            insert into tests.numbers values ('{Acme}', 0, '{streams[0].AggregateId}', 1)
            """);

        await operations.RebuildAggregate("tests.tallies", Acme, streams[0].AggregateId, Ct);
        await operations.RebuildAggregate("tests.numbers", Acme, streams[0].AggregateId, Ct);

        Assert.Equal(views, await hosts.AllViews());
        Assert.Equal(numbers, await hosts.AllNumbers());
        Assert.Equal(others, await Others());

        Task<List<string>> Others() => hosts.Query<string>(
            $"""
            select v.xmin || v::text from views v where (tenant_id, id) <> ('{Acme}', '{streams[0].AggregateId}')
            union all
            select n.xmin || n::text from tests.numbers n where (tenant_id, tally_id) <> ('{Acme}', '{streams[0].AggregateId}')
            order by 1
            """);
    }

    [Fact, Behaviour(37)]
    public async Task An_aggregate_that_is_rebuilt_again_and_again_while_it_is_appended_to_takes_every_event_once_and_in_order()
    {
        await using var hosts = await NewHosts();
        Projection[] projections = [new TallyViews(), new NumberTable()];
        var operations = hosts.Operations(projections);
        var runner = await hosts.Run(projections);
        var stream = NewTally();
        await hosts.Count(stream, 1);
        await hosts.CaughtUp(runner);

        var appending = Append();
        var rebuilds = 0;
        while (!appending.IsCompleted)
        {
            await operations.RebuildAggregate(projections[rebuilds++ % 2].Name, Acme, stream.AggregateId, Ct);
        }

        await appending;
        await hosts.CaughtUp(runner);
        Assert.Equal(new(stream.AggregateId, 201, 201, true, null), await hosts.View<TallyView>(stream));
        Assert.Equal([201L], await hosts.Query<long>("select sum(number)::bigint from tests.numbers"));

        async Task Append()
        {
            for (var number = 0; number < 200; number++)
            {
                await hosts.Count(stream, 1);
            }
        }
    }

    [Fact, Behaviour(36, 37)]
    public async Task The_rebuild_of_an_aggregate_takes_its_parked_events_again_and_leaves_those_of_others_parked()
    {
        await using var hosts = await NewHosts();
        var (one, two) = (NewTally(), NewTally());
        var views = new TallyViews { Fails = _ => true };
        var operations = hosts.Operations(new TallyViews());
        var runner = await hosts.Run(views);
        await hosts.Count(one, 1, 2);
        await hosts.Count(two, 4);
        await hosts.CaughtUp(runner);
        Assert.Equal([one, two], (await operations.Parked(ct: Ct)).Select(parked => parked.Stream));

        views.Fails = _ => false;
        await operations.RebuildAggregate("tests.tallies", Acme, one.AggregateId, Ct);

        Assert.Equal(3, (await hosts.View<TallyView>(one))!.Sum);
        Assert.Equal(two, Assert.Single(await operations.Parked(ct: Ct)).Stream);
        await hosts.Count(one, 3);
        await hosts.CaughtUp(runner);
        Assert.Equal(6, (await hosts.View<TallyView>(one))!.Sum);
    }

    [Fact, Behaviour(37)]
    public async Task An_aggregate_that_cannot_be_rebuilt_stays_as_it_is()
    {
        await using var hosts = await NewHosts();
        var stream = NewTally();
        var poisoned = hosts.Operations(new TallyViews { Fails = envelope => envelope.Version == 2 }, new NumberTable());
        var runner = await hosts.Run(new TallyViews(), new NumberTable());
        await hosts.Count(stream, 1, 2, 3);
        await hosts.CaughtUp(runner);
        var (views, numbers) = (await hosts.AllViews(), await hosts.AllNumbers());

        var failed = await Assert.ThrowsAsync<ProjectionFailedException>(() => poisoned.RebuildAggregate("tests.tallies", Acme, stream.AggregateId, Ct));
        Assert.Equal(2, failed.Envelope.Version);
        await hosts.Execute("alter table tests.numbers drop constraint numbers_number_check, add constraint numbers_number_check check (number <> 3) not valid");
        failed = await Assert.ThrowsAsync<ProjectionFailedException>(() => poisoned.RebuildAggregate("tests.numbers", Acme, stream.AggregateId, Ct));
        Assert.Equal(3, failed.Envelope.Version);

        Assert.Equal(views, await hosts.AllViews());
        Assert.Equal(numbers, await hosts.AllNumbers());
    }

    [Fact, Behaviour(37)]
    public async Task A_view_that_several_aggregate_types_feed_is_rebuilt_from_all_of_them_archived_ones_too()
    {
        await using var hosts = await NewHosts();
        var tally = NewTally();
        var order = tally with { AggregateType = "order" };
        var runner = await hosts.Run(new EventCountViews());
        await hosts.Count(tally, 1, 2);
        await hosts.Append(order, new OrderRemarked("one"));
        await hosts.CaughtUp(runner);
        await hosts.Store.Store.Archive(tally, ExpectedVersion.Any, Ct);
        await hosts.Execute("update views set data = jsonb_set(data, '{events}', '0')");

        await hosts.Operations(new EventCountViews()).RebuildAggregate("tests.event_counts", Acme, tally.AggregateId, Ct);

        Assert.Equal(3, (await hosts.View<EventCountView>(tally))!.Events);
    }

    [Fact, Behaviour(37)]
    public async Task A_view_without_events_is_removed()
    {
        await using var hosts = await NewHosts();
        var stream = NewTally();
        var runner = await hosts.Run(new TallyViews());
        await hosts.Count(stream, 1);
        await hosts.CaughtUp(runner);
        await hosts.Execute("insert into views select view, tenant_id, '00000000-0000-0000-0000-000000000001', data from views");

        await hosts.Operations(new TallyViews()).RebuildAggregate("tests.tallies", Acme, new("00000000-0000-0000-0000-000000000001"), Ct);

        Assert.Single(await hosts.AllViews());
    }

    [Fact, Behaviour(40)]
    public async Task An_aggregate_is_not_rebuilt_where_several_may_feed_one_row()
    {
        await using var hosts = await NewHosts();
        var runner = await hosts.Run(new TallyViews(), new WordViews());
        await hosts.CaughtUp(runner);
        await Refused("its keys are taken from the events", new WordViews());
        await Refused("it is a subscription", new Recorder().Of<Tally>());
        await Refused("its rows are of version 1 and this process has version 2", new TallyViews(version: 2));
        await Assert.ThrowsAsync<UnknownTenantException>(
            () => hosts.Operations(new TallyViews()).RebuildAggregate("tests.tallies", "umbrella", Guid.CreateVersion7(), Ct));

        async Task Refused(string reason, Projection projection)
        {
            var refused = await Assert.ThrowsAsync<RebuildRefusedException>(
                () => hosts.Operations(projection).RebuildAggregate(projection.Name, Acme, Guid.CreateVersion7(), Ct));
            Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        }
    }
}
