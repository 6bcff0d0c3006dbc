using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.EventStore.Projections;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>The views of an inline projection are built from what is stored, while appends go on, and nothing of either is lost or taken twice.</summary>
public abstract class InlineRebuildConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact, Behaviour(37)]
    public async Task What_was_stored_before_is_built_in_before_appends_write_the_views()
    {
        await using var hosts = await NewHosts();
        var streams = await Fill(hosts);
        var host = await hosts.Start(new(), new TallyViews(isInline: true));
        await Append(host, streams[0], 100);
        await hosts.CaughtUp(host.Runner);
        await Append(host, streams[0], 1000);

        Assert.Equal(new TallyView(streams[0].AggregateId, 1106, 5, true, null), await hosts.View<TallyView>(streams[0]));
        Assert.Equal(new TallyView(streams[1].AggregateId, 6, 3, true, null), await hosts.View<TallyView>(streams[1]));
    }

    [Fact, Behaviour(37)]
    public async Task A_rebuild_takes_the_place_of_the_views_while_appends_go_on_and_no_view_is_ever_behind()
    {
        await using var hosts = await NewHosts();
        var streams = await Fill(hosts);
        var host = await hosts.Start(new(), new TallyViews(isInline: true));
        var other = await hosts.Start(new(), new TallyViews(isInline: true));
        await hosts.CaughtUp(host.Runner);
        await hosts.Execute("alter table views add column generation int");
        await hosts.Execute("update views set generation = 1");
        using var enough = new CancellationTokenSource();
        var writers = Task.WhenAll(Write(host, streams[0]), Write(other, streams[1]), Write(host, NewTally()), Write(other, NewTally(Initech)));

        await hosts.Operations(new TallyViews(isInline: true)).Rebuild("tests.tallies", Ct);
        await hosts.Rebuilt();
        await enough.CancelAsync();
        await writers;

        // Rows that only appends have touched since would still have it.
        Assert.Empty(await hosts.Query<int>("select generation from views where generation is not null"));

        async Task Write(ProjectionHost writer, StreamId stream)
        {
            while (!enough.IsCancellationRequested)
            {
                var stored = await Append(writer, stream, 1);
                var view = await hosts.View<TallyView>(stream);
                Assert.Equal((stored.Version, true), (view!.Version, view.InOrder));
            }
        }
    }

    [Fact, Behaviour(37)]
    public async Task A_new_version_takes_over_when_no_host_of_the_old_one_is_left_and_refuses_appends_of_its_build()
    {
        await using var hosts = await NewHosts();
        var streams = await Fill(hosts);
        var old = await hosts.Start(new(), new TallyViews(version: 1, isInline: true));
        await hosts.CaughtUp(old.Runner);
        var @new = await hosts.Start(new(), new TallyViews(version: 2, isInline: true));
        await hosts.Store.Until("select count(*) = 3 from eventstore.projection_checkpoints where slot = 'shadow' and rebuilding_to is null", Ct);

        // Both appends are in the new views in the end; until then the old host keeps the old ones as they should be.
        await Append(old, streams[0], 10);
        Assert.Equal(16, (await hosts.View<TallyView>(streams[0]))!.Sum);
        await Append(@new, streams[1], 20);
        Assert.Equal([1], await hosts.Query<int>("select distinct version from eventstore.projection_checkpoints where slot = 'live'"));
        await old.Runner.StopAsync(Ct);
        await hosts.CaughtUp(@new.Runner);

        Assert.Equal(16, (await hosts.View<TallyView>(streams[0]))!.Sum);
        Assert.Equal(26, (await hosts.View<TallyView>(streams[1]))!.Sum);
        var refused = await Assert.ThrowsAsync<InlineProjectionException>(() => Append(old, streams[0], 1));
        Assert.Equal(InlineProjectionException.Outdated, refused.Code);
        await Append(@new, streams[0], 100);
        Assert.Equal(new TallyView(streams[0].AggregateId, 116, 5, true, null), await hosts.View<TallyView>(streams[0]));
    }

    [Fact, Behaviour(37)]
    public async Task A_projection_becomes_inline_and_ceases_to_be_without_losing_or_repeating_an_event()
    {
        await using var hosts = await NewHosts();
        var streams = await Fill(hosts);
        var expected = 6L;
        foreach (var isInline in (bool[])[false, true, false])
        {
            var host = await hosts.Start(new(), new TallyViews(isInline: isInline));
            await Append(host, streams[0], 1000);
            await hosts.CaughtUp(host.Runner);
            await hosts.Rebuilt();
            await Append(host, streams[0], 1);
            await hosts.CaughtUp(host.Runner);
            await host.Runner.StopAsync(Ct);
            expected += 1001;

            Assert.Equal((expected, true), ((await hosts.View<TallyView>(streams[0]))!.Sum, (await hosts.View<TallyView>(streams[0]))!.InOrder));
            Assert.Equal([isInline], await hosts.Query<bool>("select distinct inline from eventstore.projection_checkpoints"));
        }
    }

    [Fact, Behaviour(36, 37)]
    public async Task A_rebuild_with_parked_events_does_not_take_over_before_they_are_mended()
    {
        await using var hosts = await NewHosts();
        var streams = await Fill(hosts);
        var views = new TallyViews(isInline: true) { Fails = envelope => envelope.Stream == streams[1] && envelope.Version == 2 };
        var host = await hosts.Start(new(), views);
        var operations = hosts.Operations(new TallyViews(isInline: true));
        await hosts.Store.Until("select count(*) = 2 from eventstore.projection_parked", Ct);
        await hosts.Store.Until("select count(*) = 3 from eventstore.projection_checkpoints where slot = 'shadow' and rebuilding_to is null", Ct);
        var stored = await Append(host, streams[0], 10);
        await Assert.ThrowsAsync<ReadModelBehindException>(
            () => host.Runner.WaitFor("tests.tallies", Acme, stored.Position, TimeSpan.FromMilliseconds(500), Ct));

        views.Fails = _ => false;
        await operations.RetryAll("tests.tallies", Ct);
        await hosts.CaughtUp(host.Runner);

        Assert.Equal(new TallyView(streams[0].AggregateId, 16, 4, true, null), await hosts.View<TallyView>(streams[0]));
        Assert.Equal(new TallyView(streams[1].AggregateId, 6, 3, true, null), await hosts.View<TallyView>(streams[1]));
    }

    [Fact, Behaviour(42)]
    public async Task A_tenant_with_a_shard_of_its_own_is_inline_from_its_first_event_and_may_move()
    {
        await using var hosts = await NewHosts();
        var host = await hosts.Start(new(), new TallyViews(isInline: true));
        await hosts.CaughtUp(host.Runner);
        await hosts.Store.Store.Tenants.Add("umbrella", TenantPlacement.Dedicated, Ct);
        var stream = NewTally("umbrella");
        await Append(host, stream, 1);
        Assert.Equal(1, (await hosts.View<TallyView>(stream))!.Sum);

        // A move waits until every checkpoint has passed the tenant's events: those of inline projections follow the feed.
        await hosts.Store.Until(
            $"select count(*) = 4 from eventstore.projection_checkpoints where inline and position >= (select max(position) from eventstore.events)", Ct);
        await hosts.Store.AsOwner().Store.Tenants.Move("umbrella", TenantPlacement.Pool, Ct);
        await Append(host, stream, 2);
        Assert.Equal(new TallyView(stream.AggregateId, 3, 2, true, null), await hosts.View<TallyView>(stream));
    }

    private static async Task<StreamId[]> Fill(ProjectionHosts hosts)
    {
        StreamId[] streams = [NewTally(), NewTally(Globex), NewTally(Initech)];
        foreach (var stream in streams)
        {
            await hosts.Count(stream, 1, 2, 3);
        }

        return streams;
    }

    private Task<AppendResult> Append(ProjectionHost host, StreamId stream, long number) =>
        host.Store.Append(new(stream, ExpectedVersion.Any, [NewEvent.Of(new Counted(number))]), Ct);
}
