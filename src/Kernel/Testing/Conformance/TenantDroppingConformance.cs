using Monolith.EventSourcing;
using Monolith.EventStore;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>What happens while a tenant is dropped: to appends and readers that are on their way, to hosts that drop it as well, and when it is interrupted.</summary>
public abstract class TenantDroppingConformance(PostgresFixture postgres) : TenantDropTests(postgres)
{
    [Theory, Behaviour(42)]
    [InlineData(TenantPlacement.Pool)]
    [InlineData(TenantPlacement.Dedicated)]
    public async Task An_interrupted_drop_leaves_the_tenant_unknown_and_goes_on_when_it_is_asked_again(TenantPlacement placement)
    {
        await using var store = await NewStore();
        var other = store.AnotherHost();
        var stream = (await Fill(store, Umbrella, placement))[0];
        await using var reader = await store.Connect(Ct);
        await using var holding = await reader.BeginTransactionAsync(Ct);
        await Execute(reader, $"select from eventstore.claims where tenant_id = '{Umbrella}' for update");
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(Ct);

        var drop = store.Store.Tenants.Drop(Umbrella, interrupt.Token);
        await store.UntilBlocked(1, Ct);
        await interrupt.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => drop);
        await holding.RollbackAsync(Ct);

        Assert.Equal(TenantStatus.Dropping, (await store.Store.Tenants.List(Ct)).Single(tenant => tenant.Id == Umbrella).Status);
        await IsUnknown(store, stream);
        await IsUnknown(other, stream);
        await Assert.ThrowsAsync<UnknownTenantException>(() => other.Store.Tenants.Enable(Umbrella, Ct));
        await Assert.ThrowsAsync<UnknownTenantException>(() => other.Store.Tenants.Disable(Umbrella, Ct));
        await Assert.ThrowsAsync<UnknownTenantException>(() => other.Store.Tenants.Move(Umbrella, TenantPlacement.Dedicated, Ct));
        foreach (var again in Enum.GetValues<TenantPlacement>())
        {
            var refused = await Assert.ThrowsAsync<TenantDroppingException>(() => other.Store.Tenants.Add(Umbrella, again, Ct));
            Assert.Equal(("tenant_dropping", true), (refused.Code, refused.IsTransient));
        }

        var shard = await ShardOf(store, Umbrella);
        await other.Store.Tenants.Drop(Umbrella, Ct);
        Assert.Empty(await store.Traces(Ct, Names(shard)));
    }

    [Theory, Behaviour(42)]
    [InlineData(TenantPlacement.Pool)]
    [InlineData(TenantPlacement.Dedicated)]
    public async Task Of_hosts_that_drop_a_tenant_at_once_all_succeed(TenantPlacement placement)
    {
        await using var store = await NewStore();
        ConformanceStore[] hosts =
            [.. Enumerable.Range(1, 3).Select(n => store.AnotherHost(store.Setup with { Connect = connection => connection.ApplicationName = $"dropping {n}" }))];
        await Fill(store, Umbrella, placement);
        var shard = await ShardOf(store, Umbrella);
        await using var open = await store.BeginAppend(Ct);
        await open.Insert(NewTally(Umbrella), 1, new(1), Ct);

        // All of them have found it before one of them can have removed it.
        Task[] drops = [.. hosts.Select(host => host.Store.Tenants.Drop(Umbrella, Ct))];
        await store.Until(
            """
            select count(distinct application_name) = 3
            from pg_stat_activity
            where datname = current_database() and application_name like 'dropping %' and query like '%leaves_of%'
            """,
            Ct);
        await open.Commit(Ct);
        await Task.WhenAll(drops);

        Assert.Empty(await store.Traces(Ct, Names(shard)));
    }

    [Fact, Behaviour(42)]
    public async Task A_drop_that_two_hosts_share_leaves_the_next_tenant_of_that_id_alone()
    {
        await using var store = await NewStore();
        await Fill(store, Umbrella, TenantPlacement.Pool);
        await using var reader = await store.Connect(Ct);
        await using var holding = await reader.BeginTransactionAsync(Ct);
        await Execute(reader, $"select pg_advisory_xact_lock(7741004, hashtext('{Umbrella}'))");
        await store.Execute($"update eventstore.tenants set status = 'dropping' where tenant_id = '{Umbrella}'", Ct);

        // It waits with its first batch, as behind another host that is about to finish; then the id is used again.
        var late = store.Store.Tenants.Drop(Umbrella, Ct);
        await store.UntilBlocked(1, Ct);
        await Execute(reader, $"update eventstore.tenants set status = 'active' where tenant_id = '{Umbrella}'");
        await holding.CommitAsync(Ct);
        await late;

        Assert.Equal(154, await store.Scalar<long>($"select count(*) from eventstore.events where tenant_id = '{Umbrella}'", Ct));
    }

    [Theory, Behaviour(42)]
    [InlineData(TenantPlacement.Pool)]
    [InlineData(TenantPlacement.Dedicated)]
    public async Task A_drop_waits_for_an_append_that_is_on_its_way_and_removes_what_that_has_stored(TenantPlacement placement)
    {
        await using var store = await NewStore();
        await Fill(store, Umbrella, placement);
        var shard = await ShardOf(store, Umbrella);
        await using var open = await store.BeginAppend(Ct);
        await open.Insert(NewTally(Umbrella), 1, new(1), Ct);

        var drop = store.Store.Tenants.Drop(Umbrella, Ct);
        await store.Until($"select status = 'dropping' from eventstore.tenants where tenant_id = '{Umbrella}'", Ct);
        Assert.Equal(1, (await store.Append(NewTally(Hooli), ExpectedVersion.None, Counts(1, 1), Ct)).Version);
        Assert.False(drop.IsCompleted);
        await open.Commit(Ct);
        await drop;

        Assert.Empty(await store.Traces(Ct, Names(shard)));
    }

    [Theory, Behaviour(42)]
    [InlineData(TenantPlacement.Pool)]
    [InlineData(TenantPlacement.Dedicated)]
    public async Task A_drop_waits_for_an_append_that_saw_the_tenant_before_and_has_not_come_to_the_fence_yet(TenantPlacement placement)
    {
        await using var store = await NewStore();
        var stream = (await Fill(store, Umbrella, placement))[0];
        var shard = await ShardOf(store, Umbrella);
        await using var gate = await store.Connect(Ct);
        await using var closed = await gate.BeginTransactionAsync(Ct);
        await Execute(gate, "select pg_advisory_xact_lock(7741001, 1)");
        var append = store.Append(stream, ExpectedVersion.Exactly(150), Counts(151, 151), Ct);
        await store.UntilBlocked(1, Ct);

        var drop = store.AnotherHost().Store.Tenants.Drop(Umbrella, Ct);
        await store.Until(
            "select count(*) > 0 from pg_stat_activity where datname = current_database() and query like '%leaves_of%' and pid <> pg_backend_pid()", Ct);
        await closed.RollbackAsync(Ct);

        Assert.Equal(151, (await append).Version);
        await drop;
        Assert.Empty(await store.Traces(Ct, Names(shard)));
    }

    [Fact, Behaviour(42)]
    public async Task A_long_reader_delays_the_drop_of_a_dedicated_tenant_and_nobody_else()
    {
        await using var store = await NewStore();
        await Fill(store, Umbrella, TenantPlacement.Dedicated);
        var shard = await ShardOf(store, Umbrella);
        await using var reader = await store.Connect(Ct);
        await using var reading = await reader.BeginTransactionAsync(Ct);
        await Execute(reader, "select count(*) from eventstore.events");

        var drop = store.Store.Tenants.Drop(Umbrella, Ct);
        await store.Until($"select kind = 'vacant' from eventstore.shards where shard = '{shard}'", Ct);
        for (var version = 1; version <= 30; version++)
        {
            await store.Append(NewTally(Hooli), ExpectedVersion.None, Counts(version, version), Ct);
            Assert.Equal(version, (await store.ReadFeed(new(), Ct)).Count(e => e.TenantId == Hooli));
        }

        Assert.False(drop.IsCompleted);
        await reading.CommitAsync(Ct);
        await drop;

        Assert.Empty(await store.Traces(Ct, Names(shard)));
    }
}
