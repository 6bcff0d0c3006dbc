using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Projections;

/// <summary>Projections take every event of a tenant once, in whichever shard it lies when they come to it.</summary>
public sealed class MovedTenantTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private const string Tenant = Acme;
    private const string Other = Globex;

    [Fact]
    public async Task Every_event_is_projected_once_and_in_order_while_tenants_move_back_and_forth()
    {
        await using var hosts = await NewHosts();
        var recorder = new Recorder().Of<Tally>();
        Projection[] projections = [new TallyViews(), new WordViews(), new NumberTable(), recorder];
        var runner = await hosts.Run(projections);
        await hosts.Run(projections);
        var streams = Enumerable.Range(0, 6).Select(index => NewTally(index % 2 == 0 ? Tenant : Other)).ToArray();
        using var enough = new CancellationTokenSource();
        var writing = streams.Select(stream => Write(hosts, stream, enough.Token)).ToArray();

        for (var round = 0; round < 4; round++)
        {
            await Task.WhenAll(hosts.Store.Store.Tenants.Move(Tenant, TenantPlacement.Dedicated, Ct), hosts.Store.Store.Tenants.Move(Other, TenantPlacement.Dedicated, Ct));
            await Task.WhenAll(hosts.Store.Store.Tenants.Move(Tenant, TenantPlacement.Pool, Ct), hosts.Store.Store.Tenants.Move(Other, TenantPlacement.Pool, Ct));
        }

        await hosts.Store.Store.Tenants.Move(Tenant, TenantPlacement.Dedicated, Ct);
        await enough.CancelAsync();
        var written = await Task.WhenAll(writing);
        await hosts.CaughtUp(runner);

        foreach (var (stream, appends) in written)
        {
            Assert.Equal(new TallyView(stream.AggregateId, appends, 2 * appends, true, "word"), await hosts.View<TallyView>(stream));
            Assert.Equal([appends], await hosts.Query<long>($"select count(*) from tests.numbers where tally_id = '{stream.AggregateId}'"));
            Assert.Equal(
                Enumerable.Range(1, 2 * appends).Select(version => (long)version),
                recorder.Seen.Where(envelope => envelope.Stream == stream).Select(envelope => envelope.Version).Distinct());
        }

        foreach (var tenant in written.GroupBy(entry => entry.Stream.TenantId, entry => entry.Appends))
        {
            Assert.Equal(tenant.Sum(), (await hosts.View<WordView>("word", tenant.Key))!.Uses);
        }
    }

    [Theory]
    [InlineData(TenantPlacement.Dedicated)]
    [InlineData(TenantPlacement.Pool)]
    public async Task Whoever_waits_for_a_position_has_it_in_the_read_model_although_the_tenant_has_moved(TenantPlacement placement)
    {
        await using var hosts = await NewHosts();
        var runner = await hosts.Run(new TallyViews(), new EventCountViews());
        if (placement == TenantPlacement.Pool)
        {
            await hosts.Store.Store.Tenants.Move(Tenant, TenantPlacement.Dedicated, Ct);
        }

        var stream = NewTally();
        await runner.WaitFor("tests.tallies", Tenant, (await hosts.Append(stream, new Counted(1))).Position, ProjectionHosts.Patience, Ct);

        var stored = await hosts.Append(stream, new Counted(2));
        await hosts.Store.Store.Tenants.Move(Tenant, placement, Ct);
        await runner.WaitFor("tests.tallies", Tenant, stored.Position, ProjectionHosts.Patience, Ct);
        Assert.Equal(3, (await hosts.View<TallyView>(stream))!.Sum);
        stored = await hosts.Append(stream, new Counted(4));
        await runner.WaitFor("tests.tallies", Tenant, stored.Position, ProjectionHosts.Patience, Ct);
        Assert.Equal(7, (await hosts.View<TallyView>(stream))!.Sum);
        await runner.WaitFor("tests.event_counts", Tenant, stored.Position, ProjectionHosts.Patience, Ct);
        Assert.Equal(3, (await hosts.View<EventCountView>(stream))!.Events);
    }

    [Fact]
    public async Task A_tenant_that_projections_are_behind_with_goes_to_a_shard_of_its_own_as_it_is_and_not_into_another()
    {
        await using var hosts = await NewHosts();
        await using var impatient = new PostgresEventStore(hosts.Store.DataSource, hosts.Store.Setup.Model, new() { LongestTenantMove = TimeSpan.FromMilliseconds(300) });
        var first = await hosts.Run(new TallyViews(), new NumberTable());
        var (stream, neighbour) = (NewTally(), NewTally(Other));
        await hosts.Append(stream, new Counted(1));
        await hosts.CaughtUp(first);
        await first.StopAsync(Ct);
        await hosts.Append(stream, new Counted(2));
        await hosts.Append(neighbour, new Counted(5));

        await impatient.Tenants.Move(Tenant, TenantPlacement.Dedicated, Ct);
        await hosts.Append(stream, new Counted(4));
        await hosts.Append(neighbour, new Counted(6));
        var late = await Assert.ThrowsAsync<TenantNotMovedException>(() => impatient.Tenants.Move(Tenant, TenantPlacement.Pool, Ct));

        Assert.Contains("tests.numbers, tests.tallies", late.Message, StringComparison.Ordinal);
        await hosts.Append(stream, new Counted(8));
        var second = await hosts.Run(new TallyViews(), new NumberTable());
        await hosts.CaughtUp(second);
        await hosts.Store.Store.Tenants.Move(Tenant, TenantPlacement.Pool, Ct);
        await hosts.Append(stream, new Counted(16));
        await hosts.CaughtUp(second);
        Assert.Equal(new TallyView(stream.AggregateId, 31, 5, true, null), await hosts.View<TallyView>(stream));
        Assert.Equal(new TallyView(neighbour.AggregateId, 11, 2, true, null), await hosts.View<TallyView>(neighbour));
        Assert.Equal([7L], await hosts.Query<long>("select count(*) from tests.numbers"));
    }

    [Theory]
    [InlineData(TenantPlacement.Dedicated)]
    [InlineData(TenantPlacement.Pool)]
    public async Task Parked_events_go_with_the_tenant_and_later_ones_wait_behind_them_there(TenantPlacement placement)
    {
        await using var hosts = await NewHosts();
        if (placement == TenantPlacement.Pool)
        {
            await hosts.Store.Store.Tenants.Move(Tenant, TenantPlacement.Dedicated, Ct);
        }

        var poisoned = true;
        var projection = new TallyViews { Fails = envelope => poisoned && envelope.Event is Noted { Text: "poison" } };
        var options = ProjectionHosts.Quick;
        options.Attempts = 1;
        var runner = await hosts.Run(options, projection);
        var (stream, sound) = (NewTally(), NewTally());
        var poison = await hosts.Append(stream, new Noted("poison"));
        await hosts.Append(stream, new Counted(2));
        await hosts.CaughtUp(runner);

        await hosts.Store.Store.Tenants.Move(Tenant, placement, Ct);
        await hosts.Append(stream, new Counted(4));
        await hosts.Append(sound, new Counted(1));
        await hosts.CaughtUp(runner);

        var operations = hosts.Operations(projection);
        var parked = Assert.Single(await operations.Parked(ct: Ct));
        Assert.Equal((poison.Position, 2L), (parked.Position, parked.Waiting));
        Assert.Equal((await hosts.Store.Store.Tenants.List(Ct)).Single(tenant => tenant.Id == Tenant).Shard, parked.Shard);
        Assert.Null(await hosts.View<TallyView>(stream));
        Assert.NotNull(await hosts.View<TallyView>(sound));
        poisoned = false;
        Assert.True(await operations.Retry("tests.tallies", poison.Position, Ct));
        await hosts.Until(async () => (await operations.Parked(ct: Ct)).Count == 0, "nothing is parked any more");
        Assert.Equal(new TallyView(stream.AggregateId, 6, 3, true, "poison"), await hosts.View<TallyView>(stream));
    }

    [Fact]
    public async Task A_rebuild_that_is_running_goes_on_in_the_shard_of_its_own_that_a_tenant_moves_to()
    {
        await using var hosts = await NewHosts();
        foreach (var tenant in Enumerable.Repeat((string[])[Tenant, Other], 5).SelectMany(tenants => tenants))
        {
            await hosts.Append(NewTally(tenant), [.. Enumerable.Range(1, 20).Select(number => (object)new Counted(number))]);
        }

        var first = await hosts.Run(new TallyViews(), new NumberTable());
        await hosts.CaughtUp(first);
        var (views, numbers) = (await hosts.AllViews(), await hosts.AllNumbers());
        await first.StopAsync(Ct);
        var operations = hosts.Operations(new TallyViews(), new NumberTable());
        await operations.Rebuild("tests.tallies", Ct);
        await operations.Rebuild("tests.numbers", Ct);
        var slow = ProjectionHosts.Quick;
        slow.MaxBatchEvents = 1;
        var second = await hosts.Run(slow, new TallyViews(), new NumberTable());
        await hosts.Until(
            async () => await hosts.Query<long>("select coalesce(sum(events), 0)::bigint from eventstore.projection_checkpoints where slot = 'shadow'") is [> 0], "it has begun");

        await hosts.Store.Store.Tenants.Move(Tenant, TenantPlacement.Dedicated, Ct);
        await second.StopAsync(Ct);

        var third = await hosts.Run(new TallyViews(), new NumberTable());
        await hosts.Until(
            async () => (await hosts.Query<long>("select count(*) from eventstore.projection_checkpoints where slot = 'shadow'"))[0] == 0, "no rebuild runs");
        await hosts.CaughtUp(third);
        Assert.Equal(views, await hosts.AllViews());
        Assert.Equal(numbers, await hosts.AllNumbers());
    }

    [Fact]
    public async Task A_rebuild_that_is_running_keeps_a_tenant_out_of_the_pool_until_it_has_passed()
    {
        await using var hosts = await NewHosts();
        await using var impatient = new PostgresEventStore(hosts.Store.DataSource, hosts.Store.Setup.Model, new() { LongestTenantMove = TimeSpan.FromMilliseconds(300) });
        await hosts.Store.Store.Tenants.Move(Tenant, TenantPlacement.Dedicated, Ct);
        var stream = NewTally();
        await hosts.Append(stream, new Counted(1));
        var first = await hosts.Run(new TallyViews());
        await hosts.CaughtUp(first);
        await first.StopAsync(Ct);
        await hosts.Operations(new TallyViews()).Rebuild("tests.tallies", Ct);

        await Assert.ThrowsAsync<TenantNotMovedException>(() => impatient.Tenants.Move(Tenant, TenantPlacement.Pool, Ct));

        var second = await hosts.Run(new TallyViews());
        await hosts.Store.Store.Tenants.Move(Tenant, TenantPlacement.Pool, Ct);
        await hosts.Append(stream, new Counted(2));
        await hosts.CaughtUp(second);
        Assert.Equal(new TallyView(stream.AggregateId, 3, 2, true, null), await hosts.View<TallyView>(stream));
    }

    // One after the other, so that an event that is lost, repeated or out of place shows in the view.
    private static async Task<(StreamId Stream, int Appends)> Write(ProjectionHosts hosts, StreamId stream, CancellationToken enough)
    {
        var appends = 0;
        for (; !enough.IsCancellationRequested; appends++)
        {
            await hosts.Append(stream, new Counted(1), new Noted("word"));
        }

        return (stream, appends);
    }
}
