using Monolith.EventSourcing;
using Monolith.EventStore;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>A tenant that has moved to another shard is what it was before, for everybody.</summary>
public abstract class TenantMoveConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Theory, Behaviour(40, 42)]
    [InlineData(Acme, TenantPlacement.Dedicated)]
    [InlineData(Initech, TenantPlacement.Pool)]
    public async Task A_moved_tenant_has_the_same_events_snapshots_and_claims_as_before(string tenant, TenantPlacement placement)
    {
        await using var store = await NewStore();
        var (tally, member) = (NewTally(tenant), NewMember(tenant));
        await store.Append(tally, ExpectedVersion.None, Counts(1, 250), Ct);
        await store.Store.Append(Joining(member), Ct);
        await store.Append(tally with { TenantId = Hooli }, ExpectedVersion.None, Counts(7, 9), Ct);
        await store.Store.DrainSnapshots(Ct);
        var (rows, feed, from) = (await Rows(store), await store.FeedPositions(Ct), await ShardOf(store, tenant));

        await store.Store.Tenants.Move(tenant, placement, Ct);

        var moved = Assert.Single(await store.Store.Tenants.List(Ct), other => other.Id == tenant);
        Assert.Equal((placement, TenantStatus.Active, true), (moved.Placement, moved.Status, moved.IsActive));
        Assert.NotEqual(from, moved.Shard);
        Assert.Equal(rows, await Rows(store));
        Assert.Equal(feed, await store.FeedPositions(Ct));
        Assert.Equal([moved.Shard], await store.Column<string>($"select distinct shard from eventstore.events where tenant_id = '{tenant}'", Ct));
        Assert.Equal([moved.Shard], await store.Column<string>($"select distinct shard from eventstore.snapshots where tenant_id = '{tenant}'", Ct));
        var loaded = await store.Store.Load<TallyState>(tally, ct: Ct);
        Assert.Equal((250, 200, 50), (loaded.Version, loaded.SnapshotVersion, loaded.EventsRead));
        Assert.Equal(Enumerable.Range(1, 250).Sum(), loaded.State.Sum);
        await Assert.ThrowsAsync<ClaimTakenException>(() => store.Store.Append(Joining(NewMember(tenant)), Ct));
        Assert.Equal(251, (await store.Append(tally, ExpectedVersion.Exactly(250), Counts(251, 251), Ct)).Version);
        Assert.Equal(3, (await store.Store.Load<TallyState>(tally with { TenantId = Hooli }, ct: Ct)).Version);
    }

    [Theory, Behaviour(42)]
    [InlineData(Acme, TenantPlacement.Dedicated, TenantPlacement.Pool)]
    [InlineData(Initech, TenantPlacement.Pool, TenantPlacement.Dedicated)]
    public async Task What_a_tenant_has_in_the_archive_goes_with_it(string tenant, TenantPlacement there, TenantPlacement back)
    {
        await using var store = await NewStore();
        var (closed, open) = (NewTally(tenant), NewTally(tenant));
        await store.Append(closed, ExpectedVersion.None, Counts(1, 150), Ct);
        await store.Append(open, ExpectedVersion.None, Counts(1, 2), Ct);
        await store.Store.DrainSnapshots(Ct);
        await store.Store.Archive(closed, ExpectedVersion.Any, Ct);
        var rows = await Rows(store);
        foreach (var placement in (TenantPlacement[])[there, back])
        {
            await store.Store.Tenants.Move(tenant, placement, Ct);

            var shard = await ShardOf(store, tenant);
            Assert.Equal(rows, await Rows(store));
            Assert.Equal(
                [shard, shard + "_archive"], await store.Column<string>($"select distinct shard from eventstore.events where tenant_id = '{tenant}' order by 1", Ct));
            Assert.Equal((150, 100), (await store.Store.Load<TallyState>(closed, ct: Ct)) is var loaded ? (loaded.Version, loaded.SnapshotVersion) : default);
            Assert.Equal(152, (await store.ReadFeed(new() { TenantId = tenant }, Ct)).Count);
            await Assert.ThrowsAsync<AggregateArchivedException>(() => store.Append(closed, ExpectedVersion.Any, Counts(1, 1), Ct));
        }

        await store.Store.Restore(closed, Ct);
        Assert.Equal(151, (await store.Append(closed, ExpectedVersion.Exactly(150), Counts(151, 151), Ct)).Version);
    }

    [Theory, Behaviour(42)]
    [InlineData(Acme, TenantPlacement.Dedicated)]
    [InlineData(Initech, TenantPlacement.Pool)]
    public async Task A_move_is_seen_at_once_by_hosts_that_knew_the_tenant_elsewhere(string tenant, TenantPlacement placement)
    {
        await using var store = await NewStore();
        var stream = NewTally(tenant);
        ConformanceStore[] hosts = [.. Enumerable.Range(0, 7).Select(_ => store.AnotherHost())];
        await store.Append(stream, ExpectedVersion.None, Counts(1, 3), Ct);
        foreach (var host in hosts)
        {
            Assert.Equal(3, (await host.Store.Load<TallyState>(stream, ct: Ct)).Version);
        }

        await store.Store.Tenants.Move(tenant, placement, Ct);

        Assert.Equal(3, (await hosts[0].Store.Load<TallyState>(stream, ct: Ct)).Version);
        Assert.Equal(2, (await hosts[1].Store.Load<TallyState>(stream, AsOf.Version(2), Ct)).Version);
        Assert.Equal(3, (await hosts[1].Store.Load<TallyState>(stream, AsOf.Time(DateTimeOffset.UtcNow.AddDays(1)), Ct)).Version);
        Assert.Equal([3, 2, 1], (await hosts[2].Read(stream, new() { Backward = true }, Ct)).Select(e => e.Version));
        Assert.Equal(3, (await hosts[3].ReadFeed(new() { TenantId = tenant }, Ct)).Count);
        Assert.Equal(4, (await hosts[4].Append(stream, ExpectedVersion.Exactly(3), Counts(4, 4), Ct)).Version);
        Assert.Equal(5, (await hosts[5].Store.AppendMany([new(stream, ExpectedVersion.Exactly(4), Counts(5, 5))], Ct))[0].Version);
        await using var connection = await hosts[6].DataSource.OpenConnectionAsync(Ct);
        await using var transaction = await connection.BeginTransactionAsync(Ct);
        Assert.Equal(6, (await hosts[6].Store.Append(new(stream, ExpectedVersion.Exactly(5), Counts(6, 6)), transaction, Ct)).Version);
        await transaction.CommitAsync(Ct);
        Assert.Equal([1, 2, 3, 4, 5, 6], await store.Numbers(stream, Ct));
    }

    [Fact, Behaviour(42)]
    public async Task A_repeat_of_an_append_is_recognised_where_the_tenant_lies_now()
    {
        await using var store = await NewStore();
        var other = store.AnotherHost();
        var (stream, events) = (NewTally(), Counts(1, 3));
        var first = await other.Append(stream, ExpectedVersion.None, events, Ct);

        await store.Store.Tenants.Move(Acme, TenantPlacement.Dedicated, Ct);

        Assert.Equal(first, await other.Append(stream, ExpectedVersion.None, events, Ct));
        Assert.Equal(first, (await other.Store.AppendMany([new(stream, ExpectedVersion.None, events)], Ct))[0]);
        Assert.Equal(3, (await Assert.ThrowsAsync<ConcurrencyException>(() => other.Append(stream, ExpectedVersion.None, Counts(1, 1), Ct))).Actual);
    }

    [Fact, Behaviour(42)]
    public async Task A_tenant_goes_back_and_forth_and_its_own_shards_go_with_it()
    {
        await using var store = await NewStore();
        var stream = NewTally();
        var before = await store.Store.Tenants.Shards(Ct);
        var partitions = await Partitions(store);
        for (var version = 0; version < 6; version += 2)
        {
            await store.Append(stream, ExpectedVersion.Exactly(version), Counts(version + 1, version + 1), Ct);
            await store.Store.Tenants.Move(Acme, TenantPlacement.Dedicated, Ct);
            Assert.Equal(before.Count + 1, (await store.Store.Tenants.Shards(Ct)).Count);
            await store.Append(stream, ExpectedVersion.Exactly(version + 1), Counts(version + 2, version + 2), Ct);
            await store.Store.Tenants.Move(Acme, TenantPlacement.Pool, Ct);
        }

        Assert.Equal(before, await store.Store.Tenants.Shards(Ct));
        Assert.Equal(partitions, await Partitions(store));
        Assert.Equal(before, await store.Column<string>("select shard from eventstore.shards order by shard", Ct));
        Assert.Equal([1, 2, 3, 4, 5, 6], await store.Numbers(stream, Ct));
    }

    [Theory, Behaviour(42)]
    [InlineData(Acme, TenantPlacement.Pool)]
    [InlineData(Initech, TenantPlacement.Dedicated)]
    public async Task A_move_to_where_the_tenant_lies_already_changes_nothing(string tenant, TenantPlacement placement)
    {
        await using var store = await NewStore();
        await store.Append(NewTally(tenant), ExpectedVersion.None, Counts(1, 3), Ct);
        const string rows = "select string_agg(e.xmin || '/' || e.tableoid, ' ' order by position) from eventstore.events e";
        var before = (await store.Scalar<string>(rows, Ct), await ShardOf(store, tenant), await Partitions(store));

        await store.Store.Tenants.Move(tenant, placement, Ct);

        Assert.Equal(before, (await store.Scalar<string>(rows, Ct), await ShardOf(store, tenant), await Partitions(store)));
    }

    [Fact, Behaviour(42)]
    public async Task Of_hosts_that_move_a_tenant_at_once_one_does_it()
    {
        await using var store = await NewStore();
        ConformanceStore[] hosts = [store, store.AnotherHost(), store.AnotherHost()];
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 5), Ct);

        await Task.WhenAll(hosts.Select(host => host.Store.Tenants.Move(Acme, TenantPlacement.Dedicated, Ct)));

        Assert.Equal(2, await store.Scalar<long>("select count(*) from eventstore.shards where kind <> 'pool'", Ct));
        await Task.WhenAll(hosts.Select((host, index) => host.Store.Tenants.Move(Acme, index == 0 ? TenantPlacement.Pool : TenantPlacement.Dedicated, Ct)));
        Assert.Equal([1, 2, 3, 4, 5], await store.Numbers(stream, Ct));
        Assert.Equal(5, await store.CountStored(Ct));
    }

    [Theory, Behaviour(42)]
    [InlineData(Acme, TenantPlacement.Dedicated)]
    [InlineData(Initech, TenantPlacement.Pool)]
    public async Task A_disabled_tenant_can_be_moved_and_stays_disabled(string tenant, TenantPlacement placement)
    {
        await using var store = await NewStore();
        var stream = NewTally(tenant);
        await store.Append(stream, ExpectedVersion.None, Counts(1, 3), Ct);
        await store.Store.Tenants.Disable(tenant, Ct);

        await store.Store.Tenants.Move(tenant, placement, Ct);

        await Assert.ThrowsAsync<TenantDisabledException>(() => store.Append(stream, ExpectedVersion.Any, Counts(4, 4), Ct));
        await store.AnotherHost().Store.Tenants.Enable(tenant, Ct);
        Assert.Equal(4, (await store.Append(stream, ExpectedVersion.Exactly(3), Counts(4, 4), Ct)).Version);
    }

    [Fact, Behaviour(42)]
    public async Task An_unknown_tenant_cannot_be_moved()
    {
        await using var store = await NewStore();
        foreach (var unknown in (string[])["nobody", "", "ACME", "a' or 'a'='a", "a\0"])
        {
            await Assert.ThrowsAsync<UnknownTenantException>(() => store.Store.Tenants.Move(unknown, TenantPlacement.Dedicated, Ct));
        }
    }

    [Fact, Behaviour(42)]
    public async Task What_an_open_transaction_has_appended_is_moved_when_it_has_ended_and_others_append_meanwhile()
    {
        await using var store = await NewStore();
        var (stream, own) = (NewTally(), NewTally());
        await using var connection = await store.DataSource.OpenConnectionAsync(Ct);
        await using var transaction = await connection.BeginTransactionAsync(Ct);
        await store.Store.Append(new(own, ExpectedVersion.None, Counts(1, 1)), transaction, Ct);

        var move = store.AnotherHost().Store.Tenants.Move(Acme, TenantPlacement.Dedicated, Ct);
        await store.Until("select exists (select from pg_locks where locktype = 'advisory' and classid = 7741005 and database = (select oid from pg_database where datname = current_database()))", Ct);
        await store.Append(stream, ExpectedVersion.None, Counts(1, 2), Ct);
        await store.Store.Append(new(own, ExpectedVersion.Exactly(1), Counts(2, 2)), transaction, Ct);
        Assert.False(move.IsCompleted);
        await transaction.CommitAsync(Ct);
        await move;

        Assert.Equal([1, 2], await store.Numbers(own, Ct));
        Assert.Equal([1, 2], await store.Numbers(stream, Ct));
        Assert.Equal(4, (await store.ReadFeed(new() { TenantId = Acme }, Ct)).Count);
    }

    private static AppendRequest Joining(StreamId member) =>
        new(member, ExpectedVersion.None, [NewEvent.Of(new Joined("ann@example.org"))]) { Claims = new([new("email", "ann@example.org")], []) };

    private Task<string> ShardOf(ConformanceStore store, string tenant) =>
        store.Scalar<string>($"select shard from eventstore.tenants where tenant_id = '{tenant}'", Ct);

    private Task<string> Partitions(ConformanceStore store) =>
        store.Scalar<string>("select string_agg(relid::text, ' ' order by relid::text) from pg_partition_tree('eventstore.events')", Ct);

    // Everything but where it lies.
    private Task<string> Rows(ConformanceStore store) => store.Scalar<string>(
        """
        select string_agg(row, e'\n' order by row)
        from (
          select (to_jsonb(e) - 'shard')::text as row from eventstore.events e
          union all
          select (to_jsonb(s) - 'shard')::text from eventstore.snapshots s
          union all
          select to_jsonb(c)::text from eventstore.claims c
        ) rows
        """,
        Ct);
}
