using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Cache;

/// <summary>A state in memory outlives neither its tenant nor the place where that lay, and belongs to one tenant only.</summary>
public sealed class CachedTenantTests(PostgresFixture postgres) : CacheTests(postgres)
{
    [Fact]
    public async Task A_disabled_tenant_is_refused_although_its_states_are_in_memory()
    {
        await using var store = await NewStore(Cached);
        var stream = await Warm(store, 5);
        await store.AnotherHost().Store.Tenants.Disable(Acme, Ct);

        await Assert.ThrowsAsync<TenantDisabledException>(() => store.Store.Load<TallyState>(stream, ct: Ct));
        await Assert.ThrowsAsync<TenantDisabledException>(() => store.Store.Load<TallyState>(stream, AsOf.Version(5), Ct));

        await store.Store.Tenants.Enable(Acme, Ct);
        await Loads(store, stream, version: 5, cached: 0, events: 5);
    }

    [Fact]
    public async Task A_tenant_that_was_removed_is_unknown_although_its_states_are_in_memory()
    {
        await using var store = await NewStore(Cached);
        var stream = await Warm(store, 5);
        await Erase(store, stream);
        await store.Execute("delete from eventstore.tenants where tenant_id = 'acme'", Ct);

        await Assert.ThrowsAsync<UnknownTenantException>(() => store.Store.Load<TallyState>(stream, ct: Ct));
    }

    [Fact]
    public async Task A_tenant_that_was_moved_to_another_shard_is_read_where_it_lies_now()
    {
        await using var store = await NewStore(Cached);

        // So short that no snapshot, written at some time or other, is found in place of events.
        var stream = await Warm(store, 90);
        await Move(store, "pool_1");
        await Loads(store, stream, version: 90, cached: 0, events: 90);
        await Loads(store, stream, version: 90, cached: 90, events: 0);

        // The leaf that it leaves is gone with it.
        await store.Store.Tenants.Add("umbrella", TenantPlacement.Dedicated, Ct);
        var shard = await store.Scalar<string>("select shard from eventstore.tenants where tenant_id = 'umbrella'", Ct);
        await Move(store, shard);
        await Loads(store, stream, version: 90, cached: 0, events: 90);
        await Move(store, "pool_0");
        await store.Execute($"drop table eventstore.events_cached_tally_{shard}", Ct);
        await Loads(store, stream, version: 90, cached: 0, events: 90);
    }

    [Fact]
    public async Task A_state_in_memory_serves_before_during_and_after_a_move_of_its_tenant()
    {
        await using var store = await NewStore(Cached with { Configure = options => options.LongestTenantMove = TimeSpan.FromMinutes(10) });
        var stream = await Warm(store, 150);
        foreach (var placement in (TenantPlacement[])[TenantPlacement.Dedicated, TenantPlacement.Pool])
        {
            await using (var held = await HeldMove.Begin(store.AnotherHost(), Acme, placement, Ct))
            {
                await Loads(store, stream, version: 150, cached: 150, events: 0);
                await held.LetGo(Ct);
                await held.Move;
            }

            await Loads(store, stream, version: 150, cached: 0, events: 50);
            await Loads(store, stream, version: 150, cached: 150, events: 0);
        }

        await store.AnotherHost().Store.Tenants.Drop(Acme, Ct);
        await Assert.ThrowsAsync<UnknownTenantException>(() => store.Store.Load<TallyState>(stream, ct: Ct));
    }

    [Fact]
    public async Task The_same_aggregate_id_in_two_tenants_is_two_states_in_memory()
    {
        await using var store = await NewStore(Cached);
        var stream = await Warm(store, 5);
        await store.Append(stream with { TenantId = Globex }, ExpectedVersion.None, Counts(1, 3), Ct);

        await Loads(store, stream with { TenantId = Globex }, version: 3, cached: 0, events: 3);
        await Loads(store, stream with { TenantId = Globex }, version: 3, cached: 3, events: 0);
        await Loads(store, stream, version: 5, cached: 5, events: 0);
        Assert.Equal(0, (await store.Store.Load<TallyState>(stream with { TenantId = Hooli }, ct: Ct)).Version);
    }

    // What moving a tenant does, without its snapshots.
    private Task<int> Move(ConformanceStore store, string shard) => store.Execute(
        $"""
        begin;
        set local eventstore.maintenance = 'on';
        update eventstore.events set shard = '{shard}' where tenant_id = 'acme';
        delete from eventstore.snapshots where tenant_id = 'acme';
        update eventstore.tenants set shard = '{shard}' where tenant_id = 'acme';
        commit
        """,
        Ct);
}
