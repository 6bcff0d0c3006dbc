using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>One tenant's part of a read model, or what one aggregate is in it, can be rebuilt while everything goes on.</summary>
public abstract class PartialRebuildConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private const string Spoil = "update views set data = '{}'; update tests.numbers set number = -1";

    private static readonly string[] Tenants = [Acme, Hooli, Globex, Initech];

    [Fact, Behaviour(37, 40)]
    public async Task One_tenant_is_rebuilt_and_the_others_are_left_alone()
    {
        await using var hosts = await NewHosts();
        Projection[] projections = [new TallyViews(), new WordViews(), new NumberTable()];
        var runner = await hosts.Run(projections);
        await Fill(hosts);
        await hosts.CaughtUp(runner);
        var (views, numbers) = (await hosts.AllViews(), await hosts.AllNumbers());
        await hosts.Execute(Spoil);
        var (spoiltViews, spoiltNumbers) = (await hosts.AllViews(), await hosts.AllNumbers());

        Assert.Equal(["tests.numbers", "tests.tallies", "tests.words"], await hosts.Operations(projections).RebuildAll(tenantId: Hooli, ct: Ct));
        await hosts.Rebuilt();

        Assert.Equal(views.Where(IsHoolis), (await hosts.AllViews()).Where(IsHoolis));
        Assert.Equal(spoiltViews.Where(view => !IsHoolis(view)), (await hosts.AllViews()).Where(view => !IsHoolis(view)));
        Assert.Equal(numbers.Where(IsHoolis), (await hosts.AllNumbers()).Where(IsHoolis));
        Assert.Equal(spoiltNumbers.Where(row => !IsHoolis(row)), (await hosts.AllNumbers()).Where(row => !IsHoolis(row)));

        static bool IsHoolis(string row) => row.Contains(Hooli, StringComparison.Ordinal);
    }

    [Fact, Behaviour(31, 37)]
    public async Task A_tenant_is_rebuilt_while_it_and_its_neighbours_append_and_sessions_are_killed()
    {
        await using var hosts = await NewHosts();
        Projection[] projections = [new TallyViews(), new WordViews(), new NumberTable()];
        var runner = await hosts.Run(projections);
        var streams = await Fill(hosts);
        await hosts.CaughtUp(runner);
        await hosts.Execute($"update views set data = '{{}}' where tenant_id = '{Acme}'; update tests.numbers set number = -1 where tenant_id = '{Acme}'");
        await hosts.Operations(projections).RebuildAll(tenantId: Acme, ct: Ct);

        var rebuilt = hosts.Rebuilt();
        for (var number = 1; number <= 60 || !rebuilt.IsCompleted; number++)
        {
            await hosts.Append(streams[number % streams.Length], new Counted(1), new Noted("meanwhile"));
            if (number is 10 or 20)
            {
                await hosts.KillSessions();
            }
        }

        await rebuilt;
        await hosts.CaughtUp(runner);
        var (views, numbers) = (await hosts.AllViews(), await hosts.AllNumbers());
        await hosts.Operations(projections).RebuildAll(ct: Ct);
        await hosts.Rebuilt();

        Assert.Equal(await hosts.AllViews(), views);
        Assert.Equal(await hosts.AllNumbers(), numbers);
    }

    [Fact, Behaviour(37)]
    public async Task While_a_tenant_is_rebuilt_another_rebuild_of_the_projection_is_refused()
    {
        await using var hosts = await NewHosts();
        await hosts.CaughtUp(await hosts.Run(new TallyViews()));
        var operations = hosts.Operations(new TallyViews());
        await operations.RebuildTenant("tests.tallies", Acme, Ct);
        await operations.PauseRebuild("tests.tallies", Ct);
        if (await operations.Rebuilds("tests.tallies", Ct) is [])
        {
            // It was done before it could be paused.
            return;
        }

        Assert.Equal((Acme, 1), (await operations.Rebuilds("tests.tallies", Ct)) is [var rebuild] ? (rebuild.TenantId, rebuild.Shards) : default);
        await Assert.ThrowsAsync<RebuildRunningException>(() => operations.Rebuild("tests.tallies", Ct));
        await Assert.ThrowsAsync<RebuildRunningException>(() => operations.RebuildTenant("tests.tallies", Globex, Ct));
        await operations.CancelRebuild("tests.tallies", Ct);
        await operations.Rebuild("tests.tallies", Ct);
    }

    [Fact, Behaviour(37)]
    public async Task A_tenants_rebuild_takes_its_parked_events_again_and_leaves_those_of_others_parked()
    {
        await using var hosts = await NewHosts();
        var views = new TallyViews { Fails = _ => true };
        var operations = hosts.Operations(new TallyViews());
        var runner = await hosts.Run(views);
        var (one, two) = (NewTally(Acme), NewTally(Hooli));
        await hosts.Count(one, 1, 2);
        await hosts.Count(two, 4);
        await hosts.CaughtUp(runner);

        views.Fails = _ => false;
        await operations.RebuildTenant("tests.tallies", Acme, Ct);
        await hosts.Rebuilt();
        await hosts.Count(one, 8);
        await hosts.CaughtUp(runner);

        Assert.Equal(new TallyView(one.AggregateId, 11, 3, true, null), await hosts.View<TallyView>(one));
        Assert.Equal(two, Assert.Single(await operations.Parked(ct: Ct)).Stream);
    }

    [Fact, Behaviour(37)]
    public async Task One_aggregate_is_rebuilt_and_the_others_are_left_alone()
    {
        await using var hosts = await NewHosts();
        Projection[] projections = [new TallyViews(), new EventCountViews(), new NumberTable()];
        var operations = hosts.Operations(projections);
        var runner = await hosts.Run(projections);
        var streams = await Fill(hosts);
        await hosts.Append(streams[0] with { AggregateType = "order" }, new OrderRemarked("the same id, another type"));
        await hosts.CaughtUp(runner);
        var (view, count, numbers) = (await hosts.View<TallyView>(streams[0]), await hosts.View<EventCountView>(streams[0]), await hosts.AllNumbers());
        await hosts.Execute(Spoil);

        foreach (var projection in projections)
        {
            await operations.RebuildAggregate(projection.Name, streams[0].TenantId, streams[0].AggregateId, Ct);
        }

        Assert.Equal(view, await hosts.View<TallyView>(streams[0]));
        Assert.Equal((count, 4), (await hosts.View<EventCountView>(streams[0]), count!.Events));
        Assert.Equal(numbers.Where(IsIts), (await hosts.AllNumbers()).Where(IsIts));
        Assert.All((await hosts.AllNumbers()).Where(row => !IsIts(row)), row => Assert.EndsWith("-1)", row, StringComparison.Ordinal));

        bool IsIts(string row) => row.Contains(streams[0].AggregateId.ToString(), StringComparison.Ordinal);
    }

    [Fact, Behaviour(31, 37)]
    public async Task An_aggregate_is_rebuilt_again_and_again_while_it_is_appended_to()
    {
        await using var hosts = await NewHosts();
        Projection[] projections = [new TallyViews(), new NumberTable()];
        var operations = hosts.Operations(projections);
        var runner = await hosts.Run(projections);
        var (stream, neighbour) = (NewTally(), NewTally());
        await hosts.Count(stream, 1);
        await hosts.CaughtUp(runner);
        var appending = Append();
        for (var round = 0; !appending.IsCompleted; round++)
        {
            await operations.RebuildAggregate(projections[round % 2].Name, stream.TenantId, stream.AggregateId, Ct);
        }

        await appending;
        await hosts.CaughtUp(runner);

        Assert.Equal(new TallyView(stream.AggregateId, 201, 201, true, null), await hosts.View<TallyView>(stream));
        Assert.Equal(new TallyView(neighbour.AggregateId, 200, 200, true, null), await hosts.View<TallyView>(neighbour));
        Assert.Equal(
            [201L, 200L], await hosts.Query<long>($"select count(*) from tests.numbers group by tally_id order by tally_id = '{neighbour.AggregateId}'"));

        async Task Append()
        {
            for (var i = 0; i < 200; i++)
            {
                await Task.WhenAll(hosts.Count(stream, 1), hosts.Count(neighbour, 1));
            }
        }
    }

    [Fact, Behaviour(36, 37)]
    public async Task The_rebuild_of_a_parked_aggregate_takes_everything_or_changes_nothing()
    {
        await using var hosts = await NewHosts();
        var views = new TallyViews { Fails = envelope => envelope.Event is Counted { Number: 13 } };
        var operations = hosts.Operations(views);
        var runner = await hosts.Run(views);
        var stream = NewTally();
        await hosts.Count(stream, 1, 13, 2);
        await hosts.CaughtUp(runner);

        var failed = await Assert.ThrowsAsync<ProjectionFailedException>(() => operations.RebuildAggregate("tests.tallies", Acme, stream.AggregateId, Ct));
        Assert.Equal(2, failed.Envelope.Version);
        Assert.Equal(1, (await hosts.View<TallyView>(stream))!.Sum);
        Assert.Single(await operations.Parked(ct: Ct));

        views.Fails = _ => false;
        await operations.RebuildAggregate("tests.tallies", Acme, stream.AggregateId, Ct);
        Assert.Equal(16, (await hosts.View<TallyView>(stream))!.Sum);
        Assert.Empty(await operations.Parked(ct: Ct));
        await hosts.Count(stream, 4);
        await hosts.CaughtUp(runner);
        Assert.Equal(new TallyView(stream.AggregateId, 20, 4, true, null), await hosts.View<TallyView>(stream));
    }

    [Fact]
    public async Task What_cannot_be_rebuilt_in_part_is_refused_with_the_reason()
    {
        await using var hosts = await NewHosts();
        var recorder = new Recorder().Of<Tally>();
        Projection[] projections = [new WordViews(), recorder, new TallyViews(version: 2)];
        var operations = hosts.Operations(projections);
        await hosts.CaughtUp(await hosts.Run(new WordViews(), recorder, new TallyViews(version: 1)));

        var shared = await Assert.ThrowsAsync<RebuildRefusedException>(() => operations.RebuildAggregate("tests.words", Acme, Guid.NewGuid(), Ct));
        Assert.Equal("rebuild_refused", shared.Code);
        Assert.Contains("several aggregates may feed one view", shared.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<RebuildRefusedException>(() => operations.RebuildAggregate("tests.recorder", Acme, Guid.NewGuid(), Ct));
        await Assert.ThrowsAsync<RebuildRefusedException>(() => operations.RebuildTenant("tests.recorder", Acme, Ct));
        await Assert.ThrowsAsync<RebuildRefusedException>(() => operations.RebuildTenant("tests.tallies", Acme, Ct));
        await Assert.ThrowsAsync<RebuildRefusedException>(() => operations.RebuildAggregate("tests.tallies", Acme, Guid.NewGuid(), Ct));
        await Assert.ThrowsAsync<UnknownTenantException>(() => operations.RebuildTenant("tests.words", "nobody", Ct));
        await Assert.ThrowsAsync<UnknownProjectionException>(() => operations.RebuildTenant("tests.nothing", Acme, Ct));
    }

    // Three events of each of eight tallies, two of a tenant.
    private static async Task<StreamId[]> Fill(ProjectionHosts hosts)
    {
        var streams = Tenants.Concat(Tenants).Select(NewTally).ToArray();
        foreach (var stream in streams)
        {
            await hosts.Append(stream, new Counted(1), new Noted("green red"), new Counted(2));
        }

        return streams;
    }
}
