using Monolith.EventSourcing;
using Monolith.EventStore;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>What belongs to one tenant is out of reach of every other, and only tenants that are known and active reach anything.</summary>
public abstract class TenantConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Theory, Behaviour(40)]
    [InlineData(Hooli)]
    [InlineData(Globex)]
    [InlineData(Initech)]
    public async Task A_tenant_can_neither_read_nor_append_to_the_stream_of_another_even_with_its_id(string other)
    {
        await using var store = await NewStore();
        var stream = NewTally(Acme);
        var foreign = stream with { TenantId = other };
        await store.Append(stream, ExpectedVersion.None, Counts(1, 150), Ct);
        await store.Store.DrainSnapshots(Ct);

        Assert.Empty(await store.Read(foreign, StreamRange.All, Ct));
        Assert.Empty(await store.Read(foreign, new() { Backward = true }, Ct));
        Assert.Equal(new(TallyState.Initial, 0, 0, 0), await store.Store.Load<TallyState>(foreign, ct: Ct));
        Assert.Equal(0, (await store.Store.Load<TallyState>(foreign, AsOf.Time(DateTimeOffset.UtcNow.AddDays(1)), Ct)).Version);
        Assert.Equal(0, (await Assert.ThrowsAsync<ConcurrencyException>(() => store.Append(foreign, ExpectedVersion.Exists, Counts(1, 1), Ct))).Actual);
        Assert.Equal(0, (await Assert.ThrowsAsync<ConcurrencyException>(() => store.Append(foreign, ExpectedVersion.Exactly(150), Counts(1, 1), Ct))).Actual);
        Assert.Empty(await store.ReadFeed(new() { TenantId = other }, Ct));
        Assert.Equal(150, (await store.Read(stream, StreamRange.All, Ct)).Count);
    }

    [Fact, Behaviour(41)]
    public async Task The_same_aggregate_id_in_two_tenants_is_two_streams_with_snapshots_of_their_own()
    {
        await using var store = await NewStore();
        var id = Guid.CreateVersion7();
        string[] tenants = [Acme, Hooli, Globex, Initech];
        for (var index = 0; index < tenants.Length; index++)
        {
            await store.Append(new(tenants[index], "tally", id), ExpectedVersion.None, Counts(index * 1000, (index * 1000) + 109 + index), Ct);
        }

        await store.Store.DrainSnapshots(Ct);
        for (var index = 0; index < tenants.Length; index++)
        {
            var loaded = await store.Store.Load<TallyState>(new(tenants[index], "tally", id), ct: Ct);
            Assert.Equal((110 + index, 100, 10 + index), (loaded.Version, loaded.SnapshotVersion, loaded.EventsRead));
            Assert.Equal(Enumerable.Range(index * 1000, 110 + index).Sum(), loaded.State.Sum);
            var feed = await store.ReadFeed(new() { TenantId = tenants[index] }, Ct);
            Assert.Equal((110 + index, tenants[index]), (feed.Count, Assert.Single(feed.Select(e => e.TenantId).Distinct())));
        }
    }

    [Fact, Behaviour(42)]
    public async Task An_unknown_tenant_is_refused_by_the_store_whatever_it_asks_for()
    {
        await using var store = await NewStore();
        foreach (var unknown in (string?[])["nobody", "", "ACME", "acme ", "acme' or 'a'='a", "acme\0", "ac_me", "-acme", "acme-", new string('a', 64), "äcme", null])
        {
            var stream = NewTally(unknown!);
            await RefusedWith<UnknownTenantException>(store, stream);
        }

        Assert.Equal(0, await store.CountStored(Ct));
    }

    [Fact, Behaviour(42)]
    public async Task A_disabled_tenant_is_refused_at_once_on_every_host_and_the_others_are_not()
    {
        await using var store = await NewStore();
        var other = store.AnotherHost();
        var (stream, neighbour) = (NewTally(Acme), NewTally(Hooli));
        await store.Append(stream, ExpectedVersion.None, Counts(1, 2), Ct);
        await other.Append(stream, ExpectedVersion.Exactly(2), Counts(3, 3), Ct);

        await store.Store.Tenants.Disable(Acme, Ct);

        await RefusedWith<TenantDisabledException>(store, stream);
        await RefusedWith<TenantDisabledException>(other, stream);
        Assert.Equal(1, (await other.Append(neighbour, ExpectedVersion.None, Counts(1, 1), Ct)).Version);
        Assert.Equal(3, await store.Scalar<long>("select count(*) from eventstore.events where tenant_id = 'acme'", Ct));

        await other.Store.Tenants.Enable(Acme, Ct);
        Assert.Equal(4, (await store.Append(stream, ExpectedVersion.Exactly(3), Counts(4, 4), Ct)).Version);
        Assert.Equal([1, 2, 3, 4], await other.Numbers(stream, Ct));
    }

    [Theory, Behaviour(42)]
    [InlineData(TenantPlacement.Pool)]
    [InlineData(TenantPlacement.Dedicated)]
    public async Task A_new_tenant_works_at_once_on_every_host_that_runs_already(TenantPlacement placement)
    {
        await using var store = await NewStore();
        var other = store.AnotherHost();
        var stream = NewTally("umbrella");
        await Assert.ThrowsAsync<UnknownTenantException>(() => other.Append(stream, ExpectedVersion.None, Counts(1, 1), Ct));

        await store.Store.Tenants.Add("umbrella", placement, Ct);

        Assert.Equal(2, (await other.Append(stream, ExpectedVersion.None, Counts(1, 2), Ct)).Version);
        Assert.Equal([1, 2], await store.Numbers(stream, Ct));
        Assert.Equal(2, (await store.ReadFeed(new() { TenantId = "umbrella" }, Ct)).Count);
    }

    [Theory, Behaviour(42)]
    [InlineData(TenantPlacement.Pool)]
    [InlineData(TenantPlacement.Dedicated)]
    public async Task A_tenant_is_added_once_however_many_add_it_and_without_waiting_for_appends(TenantPlacement placement)
    {
        await using var store = await NewStore();
        ConformanceStore[] hosts = [store, store.AnotherHost()];
        await using var open = await store.BeginAppend(Ct);
        await open.Insert(NewTally(), 1, new(1), Ct);

        await Task.WhenAll(Enumerable.Range(0, 6).Select(n => hosts[n % 2].Store.Tenants.Add("umbrella", placement, Ct)));
        await store.Store.Tenants.Add("umbrella", TenantPlacement.Dedicated, Ct);

        var tenant = Assert.Single(await store.Store.Tenants.List(Ct), tenant => tenant.Id == "umbrella");
        Assert.True(tenant.IsActive);
        Assert.Equal(placement == TenantPlacement.Pool, tenant.Shard.StartsWith("pool_", StringComparison.Ordinal));
        Assert.Equal(1, (await store.Append(NewTally("umbrella"), ExpectedVersion.None, Counts(1, 1), Ct)).Version);
    }

    [Fact, Behaviour(42)]
    public async Task Only_a_well_formed_id_becomes_a_tenant()
    {
        await using var store = await NewStore();
        foreach (var malformed in (string[])["", "UPPER", "under_score", "-a", "a-", "a b", "a.b", "é", new string('a', 64)])
        {
            foreach (var placement in Enum.GetValues<TenantPlacement>())
            {
                await Assert.ThrowsAnyAsync<ArgumentException>(() => store.Store.Tenants.Add(malformed, placement, Ct));
            }
        }

        foreach (var fine in (string[])["a", "0", "a-b", "a--b", new string('a', 63)])
        {
            await store.Store.Tenants.Add(fine, ct: Ct);
            Assert.Equal(1, (await store.Append(NewTally(fine), ExpectedVersion.None, Counts(1, 1), Ct)).Version);
        }

        await Assert.ThrowsAsync<UnknownTenantException>(() => store.Store.Tenants.Disable("nobody", Ct));
    }

    private async Task RefusedWith<TError>(ConformanceStore store, StreamId stream) where TError : EventSourcingException
    {
        await Assert.ThrowsAsync<TError>(() => store.Append(stream, ExpectedVersion.Any, Counts(9, 9), Ct));
        await Assert.ThrowsAsync<TError>(() => store.Read(stream, StreamRange.All, Ct).AsTask());
        await Assert.ThrowsAsync<TError>(() => store.Store.Load<TallyState>(stream, ct: Ct));
        await Assert.ThrowsAsync<TError>(() => store.Store.Load<TallyState>(stream, AsOf.Time(DateTimeOffset.UtcNow), Ct));
        if (stream.TenantId is not null)
        {
            await Assert.ThrowsAsync<TError>(() => store.ReadFeed(new() { TenantId = stream.TenantId }, Ct).AsTask());
        }
    }
}
