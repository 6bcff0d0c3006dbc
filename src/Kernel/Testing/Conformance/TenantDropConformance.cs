using Monolith.EventSourcing;
using Monolith.EventStore;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>What is left of a tenant that is dropped: nothing; and what that does to everybody else: nothing.</summary>
public abstract class TenantDropConformance(PostgresFixture postgres) : TenantDropTests(postgres)
{
    [Theory, Behaviour(42)]
    [InlineData(TenantPlacement.Pool)]
    [InlineData(TenantPlacement.Dedicated)]
    public async Task Dropping_a_tenant_removes_every_trace_of_it_and_nothing_of_the_others(TenantPlacement placement)
    {
        await using var store = await NewStore();
        var streams = await Fill(store, Umbrella, placement);
        var neighbours = await Fill(store, Hooli, placement: null, streams);
        var shard = await ShardOf(store, Umbrella);
        var others = await store.RowsOf(Hooli, Ct);
        Assert.Superset(
            new[]
                {
                    $"events_tally_{shard}", $"events_order_{shard}_archive", $"snapshots_tally_{shard}", "archived_streams", "claims", "projection_parked",
                    "projection_skipped", "tenants",
                }
                .Select(table => $"{table}: {Umbrella}").ToHashSet(),
            (await store.Traces(Ct, Names(shard))).ToHashSet());

        await store.Store.Tenants.Drop(Umbrella, Ct);

        Assert.Empty(await store.Traces(Ct, Names(shard)));
        Assert.Equal(others, await store.RowsOf(Hooli, Ct));
        Assert.Equal(others.Count(row => row.StartsWith("events_", StringComparison.Ordinal)), (await store.ReadFeed(new(), Ct)).Count);
        Assert.Equal(100, (await store.Store.Load<TallyState>(neighbours[0], ct: Ct)).SnapshotVersion);
        Assert.DoesNotContain(await store.Store.Tenants.List(Ct), tenant => tenant.Id == Umbrella);
    }

    [Theory, Behaviour(42)]
    [InlineData(TenantPlacement.Pool)]
    [InlineData(TenantPlacement.Dedicated)]
    public async Task A_dropped_tenant_is_unknown_at_once_on_every_host(TenantPlacement placement)
    {
        await using var store = await NewStore();
        var other = store.AnotherHost();
        var stream = (await Fill(store, Umbrella, placement))[0];
        await other.Append(stream, ExpectedVersion.Any, Counts(1, 1), Ct);
        await other.Store.Load<TallyState>(stream, ct: Ct);

        await store.Store.Tenants.Drop(Umbrella, Ct);

        foreach (var host in (ConformanceStore[])[store, other])
        {
            await IsUnknown(host, stream);
            await Assert.ThrowsAsync<UnknownTenantException>(() => host.Store.Tenants.Drop(Umbrella, Ct));
        }

        Assert.Empty(await store.Traces(Ct, [Umbrella]));
    }

    [Theory, Behaviour(42)]
    [InlineData(TenantPlacement.Pool, TenantPlacement.Dedicated)]
    [InlineData(TenantPlacement.Dedicated, TenantPlacement.Pool)]
    [InlineData(TenantPlacement.Dedicated, TenantPlacement.Dedicated)]
    public async Task An_id_that_is_used_again_is_a_new_tenant_which_may_take_the_same_claims(TenantPlacement placement, TenantPlacement again)
    {
        await using var store = await NewStore();
        var other = store.AnotherHost();
        var streams = await Fill(store, Umbrella, placement);
        await other.Store.Load<TallyState>(streams[0], ct: Ct);
        await store.Store.Tenants.Drop(Umbrella, Ct);

        await store.Store.Tenants.Add(Umbrella, again, Ct);

        foreach (var host in (ConformanceStore[])[store, other])
        {
            Assert.Equal(new(TallyState.Initial, 0, 0, 0), await host.Store.Load<TallyState>(streams[0], ct: Ct));
            Assert.Empty(await host.Read(streams[0], StreamRange.All, Ct));
            Assert.Empty(await host.ReadFeed(new() { TenantId = Umbrella }, Ct));
        }

        Assert.Equal(1, (await other.Store.Append(Joining(NewMember(Umbrella)), Ct)).Version);
        Assert.Equal(2, (await other.Append(streams[0], ExpectedVersion.None, Counts(7, 8), Ct)).Version);
        Assert.Equal([7, 8], await store.Numbers(streams[0], Ct));
    }

    [Fact, Behaviour(42)]
    public async Task A_tenant_of_the_pool_is_removed_in_bounded_batches()
    {
        await using var store = await NewStore();
        var stream = NewTally(Acme);
        await store.Execute(
            $$"""
            insert into eventstore.events (
              position, version, recorded_at, event_id, aggregate_id, event_version, aggregate_type, shard, tenant_id, event_type, data, metadata
            )
            select
              nextval('eventstore.position'), version, now(), gen_random_uuid(), '{{stream.AggregateId}}', 1, 'tally', shard, tenant_id, 'tally.counted',
              '{"number": 1}', '{}'
            from eventstore.tenants, generate_series(1, 12000) as v (version)
            where tenant_id = '{{Acme}}'
            """,
            Ct);
        await using var reader = await store.Connect(Ct);
        await using var holding = await reader.BeginTransactionAsync(Ct);
        await Execute(reader, "select from eventstore.events where version = 12000 for update");

        var drop = store.Store.Tenants.Drop(Acme, Ct);
        await store.Until("select count(*) = 2000 from eventstore.events", Ct);
        Assert.False(drop.IsCompleted);
        await holding.RollbackAsync(Ct);
        await drop;

        Assert.Equal(0, await store.CountStored(Ct));
    }

    [Fact, Behaviour(42)]
    public async Task A_disabled_tenant_can_be_dropped_and_an_unknown_or_malformed_one_cannot()
    {
        await using var store = await NewStore();
        await store.Store.Tenants.Disable(Acme, Ct);

        await store.Store.Tenants.Drop(Acme, Ct);

        foreach (var unknown in (string[])[Acme, "nobody", "", "ACME", "a' or 'a'='a", "a\0"])
        {
            await Assert.ThrowsAsync<UnknownTenantException>(() => store.Store.Tenants.Drop(unknown, Ct));
        }
    }
}
