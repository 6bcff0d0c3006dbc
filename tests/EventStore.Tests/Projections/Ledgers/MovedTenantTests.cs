using Monolith.EventStore.Projections;
using Monolith.Testing;

namespace Monolith.EventStore.Tests.Projections.Ledgers;

/// <summary>Projections take every event of a tenant once, in whichever shard it lies when they come to it.</summary>
public sealed class MovedTenantTests(PostgresFixture postgres)
{
    private const string Tenant = ProjectionBed.Tenant;
    private const string Other = "other";

    private static CancellationToken Ct => ProjectionBed.Ct;

    [Fact]
    public async Task Every_event_is_projected_once_and_in_order_while_tenants_move_back_and_forth()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var recorder = new Recorder().Of<Ledger>();
        Projection[] projections = [new LedgerViews(), new WordViews(), new EntryTable(), recorder];
        var runner = await bed.Run(projections);
        await bed.Run(projections);
        var ids = Enumerable.Range(0, 6).Select(_ => Guid.CreateVersion7()).ToArray();
        using var enough = new CancellationTokenSource();
        var writing = ids.Select((id, index) => Write(bed, id, index % 2 == 0 ? Tenant : Other, enough.Token)).ToArray();

        for (var round = 0; round < 4; round++)
        {
            await Task.WhenAll(bed.Store.Tenants.Move(Tenant, TenantPlacement.Dedicated, Ct), bed.Store.Tenants.Move(Other, TenantPlacement.Dedicated, Ct));
            await Task.WhenAll(bed.Store.Tenants.Move(Tenant, TenantPlacement.Pool, Ct), bed.Store.Tenants.Move(Other, TenantPlacement.Pool, Ct));
        }

        await bed.Store.Tenants.Move(Tenant, TenantPlacement.Dedicated, Ct);
        await enough.CancelAsync();
        var written = await Task.WhenAll(writing);
        await bed.CaughtUp(runner);

        for (var index = 0; index < ids.Length; index++)
        {
            var tenant = index % 2 == 0 ? Tenant : Other;
            Assert.Equal(new LedgerView(ids[index], written[index], written[index], true, null), await bed.View<LedgerView>(ids[index], tenant));
            Assert.Equal([written[index]], await bed.Query<long>($"select count(*) from tests.entries where ledger_id = '{ids[index]}'"));
            Assert.Equal(
                Enumerable.Range(1, written[index]).Select(version => (long)version),
                recorder.Seen.Where(envelope => envelope.AggregateId == ids[index]).Select(envelope => envelope.Version).Distinct());
        }

        foreach (var (tenant, words) in new[] { (Tenant, written.Where((_, index) => index % 2 == 0).Sum()), (Other, written.Where((_, index) => index % 2 == 1).Sum()) })
        {
            Assert.Equal(words, (await bed.View<WordView>("word", tenant))!.Uses);
        }
    }

    [Theory]
    [InlineData(TenantPlacement.Dedicated)]
    [InlineData(TenantPlacement.Pool)]
    public async Task Whoever_waits_for_a_position_has_it_in_the_read_model_although_the_tenant_has_moved(TenantPlacement placement)
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var runner = await bed.Run(new LedgerViews(), new CountViews());
        if (placement == TenantPlacement.Pool)
        {
            await bed.Store.Tenants.Move(Tenant, TenantPlacement.Dedicated, Ct);
        }

        var id = Guid.CreateVersion7();
        await runner.WaitFor("tests.ledgers", Tenant, (await bed.Append(id, new Entered(1m, "a"))).Position, ProjectionBed.Patience, Ct);

        var stored = await bed.Append(id, new Entered(2m, "b"));
        await bed.Store.Tenants.Move(Tenant, placement, Ct);
        await runner.WaitFor("tests.ledgers", Tenant, stored.Position, ProjectionBed.Patience, Ct);
        Assert.Equal(3m, (await bed.View<LedgerView>(id))!.Sum);
        stored = await bed.Append(id, new Entered(4m, "c"));
        await runner.WaitFor("tests.ledgers", Tenant, stored.Position, ProjectionBed.Patience, Ct);
        Assert.Equal(7m, (await bed.View<LedgerView>(id))!.Sum);
        await runner.WaitFor("tests.counts", Tenant, stored.Position, ProjectionBed.Patience, Ct);
        Assert.Equal(3, (await bed.View<CountView>(id))!.Events);
    }

    [Fact]
    public async Task A_tenant_that_projections_are_behind_with_goes_to_a_shard_of_its_own_as_it_is_and_not_into_another()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        await using var impatient = new PostgresEventStore(bed.DataSource, ProjectionBed.Model, new() { LongestTenantMove = TimeSpan.FromMilliseconds(300) });
        var first = await bed.Run(new LedgerViews(), new EntryTable());
        var (id, neighbour) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await bed.Append(id, new Entered(1m, "a"));
        await bed.CaughtUp(first);
        await first.StopAsync(Ct);
        await bed.Append(id, new Entered(2m, "b"));
        await bed.Append(neighbour, Other, new Entered(5m, "b"));

        await impatient.Tenants.Move(Tenant, TenantPlacement.Dedicated, Ct);
        await bed.Append(id, new Entered(4m, "c"));
        await bed.Append(neighbour, Other, new Entered(6m, "b"));
        var late = await Assert.ThrowsAsync<TenantNotMovedException>(() => impatient.Tenants.Move(Tenant, TenantPlacement.Pool, Ct));

        Assert.Contains("tests.entries, tests.ledgers", late.Message, StringComparison.Ordinal);
        await bed.Append(id, new Entered(8m, "d"));
        var second = await bed.Run(new LedgerViews(), new EntryTable());
        await bed.CaughtUp(second);
        await bed.Store.Tenants.Move(Tenant, TenantPlacement.Pool, Ct);
        await bed.Append(id, new Entered(16m, "e"));
        await bed.CaughtUp(second);
        Assert.Equal(new LedgerView(id, 31m, 5, true, null), await bed.View<LedgerView>(id));
        Assert.Equal(new LedgerView(neighbour, 11m, 2, true, null), await bed.View<LedgerView>(neighbour, Other));
        Assert.Equal([7L], await bed.Query<long>("select count(*) from tests.entries"));
    }

    [Theory]
    [InlineData(TenantPlacement.Dedicated)]
    [InlineData(TenantPlacement.Pool)]
    public async Task Parked_events_go_with_the_tenant_and_later_ones_wait_behind_them_there(TenantPlacement placement)
    {
        await using var bed = await ProjectionBed.Create(postgres);
        if (placement == TenantPlacement.Pool)
        {
            await bed.Store.Tenants.Move(Tenant, TenantPlacement.Dedicated, Ct);
        }

        var poisoned = true;
        var projection = new LedgerViews { Fails = envelope => poisoned && envelope.Event is Entered { Note: "poison" } };
        var options = ProjectionBed.Quick;
        options.Attempts = 1;
        var runner = await bed.Run(options, projection);
        var (id, sound) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var poison = await bed.Append(id, new Entered(1m, "poison"));
        await bed.Append(id, new Entered(2m, "behind"));
        await bed.CaughtUp(runner);

        await bed.Store.Tenants.Move(Tenant, placement, Ct);
        await bed.Append(id, new Entered(4m, "behind"));
        await bed.Append(sound, new Entered(1m, "sound"));
        await bed.CaughtUp(runner);

        var operations = bed.Operations(projection);
        var parked = Assert.Single(await operations.Parked(ct: Ct));
        Assert.Equal((poison.Position, 2L), (parked.Position, parked.Waiting));
        Assert.Equal((await bed.Store.Tenants.List(Ct)).Single(tenant => tenant.Id == Tenant).Shard, parked.Shard);
        Assert.Null(await bed.View<LedgerView>(id));
        Assert.NotNull(await bed.View<LedgerView>(sound));
        poisoned = false;
        Assert.True(await operations.Retry("tests.ledgers", poison.Position, Ct));
        await ProjectionBed.Eventually(async () => (await operations.Parked(ct: Ct)).Count == 0, "nothing is parked any more");
        Assert.Equal(new LedgerView(id, 7m, 3, true, null), await bed.View<LedgerView>(id));
    }

    [Fact]
    public async Task A_rebuild_that_is_running_goes_on_in_the_shard_of_its_own_that_a_tenant_moves_to()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var ids = Enumerable.Range(0, 5).Select(_ => Guid.CreateVersion7()).ToArray();
        foreach (var id in ids)
        {
            await bed.Append(id, [.. Enumerable.Range(1, 20).Select(amount => (object)new Entered(amount, "word"))]);
            await bed.Append(id, Other, [.. Enumerable.Range(1, 20).Select(amount => (object)new Entered(amount, "word"))]);
        }

        var first = await bed.Run(new LedgerViews(), new EntryTable());
        await bed.CaughtUp(first);
        var (views, entries) = (await bed.AllViews(), await bed.Query<decimal>("select amount from tests.entries order by position"));
        await first.StopAsync(Ct);
        var operations = bed.Operations(new LedgerViews(), new EntryTable());
        await operations.Rebuild("tests.ledgers", Ct);
        await operations.Rebuild("tests.entries", Ct);
        var slow = ProjectionBed.Quick;
        slow.MaxBatchEvents = 1;
        var second = await bed.Run(slow, new LedgerViews(), new EntryTable());
        await ProjectionBed.Eventually(
            async () => await bed.Query<long>("select coalesce(sum(events), 0)::bigint from eventstore.projection_checkpoints where slot = 'shadow'") is [> 0], "it has begun");

        await bed.Store.Tenants.Move(Tenant, TenantPlacement.Dedicated, Ct);
        await second.StopAsync(Ct);

        var third = await bed.Run(new LedgerViews(), new EntryTable());
        await ProjectionBed.Eventually(
            async () => (await bed.Query<long>("select count(*) from eventstore.projection_checkpoints where slot = 'shadow'"))[0] == 0, "no rebuild runs");
        await bed.CaughtUp(third);
        Assert.Equal(views, await bed.AllViews());
        Assert.Equal(entries, await bed.Query<decimal>("select amount from tests.entries order by position"));
    }

    [Fact]
    public async Task A_rebuild_that_is_running_keeps_a_tenant_out_of_the_pool_until_it_has_passed()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        await using var impatient = new PostgresEventStore(bed.DataSource, ProjectionBed.Model, new() { LongestTenantMove = TimeSpan.FromMilliseconds(300) });
        await bed.Store.Tenants.Move(Tenant, TenantPlacement.Dedicated, Ct);
        var id = Guid.CreateVersion7();
        await bed.Append(id, new Entered(1m, "a"));
        var first = await bed.Run(new LedgerViews());
        await bed.CaughtUp(first);
        await first.StopAsync(Ct);
        await bed.Operations(new LedgerViews()).Rebuild("tests.ledgers", Ct);

        await Assert.ThrowsAsync<TenantNotMovedException>(() => impatient.Tenants.Move(Tenant, TenantPlacement.Pool, Ct));

        var second = await bed.Run(new LedgerViews());
        await bed.Store.Tenants.Move(Tenant, TenantPlacement.Pool, Ct);
        await bed.Append(id, new Entered(2m, "b"));
        await bed.CaughtUp(second);
        Assert.Equal(new LedgerView(id, 3m, 2, true, null), await bed.View<LedgerView>(id));
    }

    // One after the other, so that an event that is lost, repeated or out of place shows in the view.
    private static async Task<int> Write(ProjectionBed bed, Guid id, string tenant, CancellationToken enough)
    {
        var version = 0;
        while (!enough.IsCancellationRequested)
        {
            var count = 1 + (version % 3);
            await bed.Append(id, tenant, [.. Enumerable.Range(0, count).Select(_ => (object)new Entered(1m, "word"))]);
            version += count;
        }

        return version;
    }
}
