using Monolith.EventSourcing;
using Monolith.EventStore;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>What is left of a tenant that is dropped: nothing; and what that does to everybody else: nothing.</summary>
public abstract class TenantDropConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private const string Umbrella = "umbrella";

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

    private static AppendRequest Joining(StreamId member) =>
        new(member, ExpectedVersion.None, [NewEvent.Of(new Joined("ann@example.org"))]) { Claims = new([new("email", "ann@example.org")], []) };

    // Of everything that is stored by tenants something: 154 events, two snapshots, a claim, and what projections keep.
    private async Task<StreamId[]> Fill(ConformanceStore store, string tenant, TenantPlacement? placement, StreamId[]? like = null)
    {
        if (placement is { } wanted)
        {
            await store.Store.Tenants.Add(tenant, wanted, Ct);
        }

        StreamId[] streams = like is null
            ? [NewTally(tenant), NewOrder(tenant), NewMember(tenant)]
            : [.. like.Select(stream => stream with { TenantId = tenant })];
        await store.Append(streams[0], ExpectedVersion.None, Counts(1, 150), Ct);
        await store.Append(streams[1], ExpectedVersion.None, [NewEvent.Of(new OrderRemarked("one")), NewEvent.Of(new OrderRemarked("two"))], Ct);
        await store.Store.Archive(streams[1], ExpectedVersion.Any, Ct);
        await store.Store.Append(Joining(streams[2]), Ct);
        await store.Store.DrainSnapshots(Ct);
        await store.Append(NewTally(tenant), ExpectedVersion.None, Counts(1, 1), Ct);
        await store.Execute(
            $"""
            insert into eventstore.projection_checkpoints (projection, shard, version, position, start_position, started_at, updated_at)
            select 'tests.views', shard, 1, 0, 0, now(), now() from eventstore.shards
            on conflict do nothing;
            insert into eventstore.projection_parked (
              projection, slot, shard, position, tenant_id, aggregate_type, aggregate_id, version, event_id, event_type, attempts, error, parked_at
            )
            select 'tests.views', 'live', shard, position, tenant_id, aggregate_type, aggregate_id, version, event_id, event_type, 1, 'poison', now()
            from eventstore.events where tenant_id = '{tenant}' and version = 150;
            insert into eventstore.projection_skipped (
              projection, shard, position, tenant_id, aggregate_type, aggregate_id, version, event_id, event_type, reason, skipped_by, skipped_at
            )
            select 'tests.views', shard, position, tenant_id, aggregate_type, aggregate_id, version, event_id, event_type, 'old', 'me', now()
            from eventstore.events where tenant_id = '{tenant}' and version = 149
            """,
            Ct);
        return streams;
    }

    private async Task IsUnknown(ConformanceStore host, StreamId stream)
    {
        await Assert.ThrowsAsync<UnknownTenantException>(() => host.Append(stream, ExpectedVersion.Any, Counts(9, 9), Ct));
        await Assert.ThrowsAsync<UnknownTenantException>(() => host.Store.AppendMany([new(stream, ExpectedVersion.Any, Counts(9, 9))], Ct));
        await Assert.ThrowsAsync<UnknownTenantException>(() => host.Read(stream, StreamRange.All, Ct).AsTask());
        await Assert.ThrowsAsync<UnknownTenantException>(() => host.Store.Load<TallyState>(stream, ct: Ct));
        await Assert.ThrowsAsync<UnknownTenantException>(() => host.ReadFeed(new() { TenantId = stream.TenantId }, Ct).AsTask());
    }

    // What would be a trace: a shard of the pool is none.
    private static string[] Names(string shard) => shard.StartsWith("pool_", StringComparison.Ordinal) ? [Umbrella] : [Umbrella, shard, shard + "_archive"];

    private Task<string> ShardOf(ConformanceStore store, string tenant) =>
        store.Scalar<string>($"select shard from eventstore.tenants where tenant_id = '{tenant}'", Ct);

    private async Task Execute(Npgsql.NpgsqlConnection connection, string sql)
    {
        await using var command = new Npgsql.NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Ct);
    }
}
