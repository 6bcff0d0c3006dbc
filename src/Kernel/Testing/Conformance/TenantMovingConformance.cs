using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>What goes on and what waits while a tenant is moved, and what is left when the mover does not come to its end.</summary>
public abstract class TenantMovingConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private static readonly StoreSetup Patient = new() { Configure = options => options.LongestTenantMove = TimeSpan.FromMinutes(10) };

    // Between its plan and its snapshot a reader stands for no longer than the processor lets it; here it stands there.
    [Theory, Behaviour(42)]
    [InlineData("events")]
    [InlineData("events_tally")]
    public async Task Whoever_may_have_planned_a_read_before_the_new_partitions_were_made_is_waited_for(string parent)
    {
        await using var store = await NewStore(new() { Configure = options => options.LongestTenantMove = TimeSpan.FromMilliseconds(300) });
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 3), Ct);
        await using var connection = await store.Connect(Ct);
        await using var transaction = await connection.BeginTransactionAsync(Ct);
        await using var plan = new NpgsqlCommand($"lock table only eventstore.{parent} in access share mode", connection, transaction);
        await plan.ExecuteNonQueryAsync(Ct);

        var refused = await Assert.ThrowsAsync<TenantNotMovedException>(() => store.Store.Tenants.Move(Acme, TenantPlacement.Dedicated, Ct));

        Assert.Contains($"{connection.ProcessID}", refused.Message, StringComparison.Ordinal);
        Assert.Equal(4, (await store.Append(stream, ExpectedVersion.Exactly(3), Counts(4, 4), Ct)).Version);
        await transaction.CommitAsync(Ct);
        var patient = store.AnotherHost(Patient);
        await patient.Store.Tenants.Move(Acme, TenantPlacement.Dedicated, Ct);
        Assert.Equal([1, 2, 3, 4], await store.Numbers(stream, Ct));
    }

    [Theory, Behaviour(42)]
    [InlineData(Acme, TenantPlacement.Dedicated)]
    [InlineData(Initech, TenantPlacement.Pool)]
    public async Task Reads_of_a_moving_tenant_go_on(string tenant, TenantPlacement placement)
    {
        await using var store = await NewStore(Patient);
        var fresh = store.AnotherHost();
        var stream = NewTally(tenant);
        await store.Append(stream, ExpectedVersion.None, Counts(1, 150), Ct);
        await store.Store.DrainSnapshots(Ct);
        await using var held = await HeldMove.Begin(store, tenant, placement, Ct);

        foreach (var host in (ConformanceStore[])[store, fresh])
        {
            Assert.Equal((150, 100), (await host.Store.Load<TallyState>(stream, ct: Ct)) is var loaded ? (loaded.Version, loaded.SnapshotVersion) : default);
            Assert.Equal(99, (await host.Store.Load<TallyState>(stream, AsOf.Version(99), Ct)).Version);
            Assert.Equal(150, (await host.Store.Load<TallyState>(stream, AsOf.Time(DateTimeOffset.UtcNow.AddDays(1)), Ct)).Version);
            Assert.Equal(150, (await host.Versions(stream, Ct)).Count);
            Assert.Equal(150, (await host.Read(stream, new() { Backward = true }, Ct)).Count);
            Assert.Equal(150, (await host.ReadFeed(new() { TenantId = tenant }, Ct)).Count);
            Assert.Equal(150, (await host.FeedPositions(Ct)).Count);
            Assert.Equal(TenantStatus.Moving, (await host.Store.Tenants.List(Ct)).Single(other => other.Id == tenant).Status);
        }

        await held.LetGo(Ct);
        await held.Move;
        Assert.Equal(150, (await fresh.Store.Load<TallyState>(stream, ct: Ct)).Version);
    }

    [Theory, Behaviour(42)]
    [InlineData(Acme, TenantPlacement.Dedicated)]
    [InlineData(Initech, TenantPlacement.Pool)]
    public async Task Appends_of_a_moving_tenant_wait_hold_up_nobody_else_and_are_stored_where_it_lies_then(string tenant, TenantPlacement placement)
    {
        await using var store = await NewStore(Patient with { Configure = options => (options.LongestTenantMove, options.AppendLanes) = (TimeSpan.FromMinutes(10), 1) });
        var fresh = store.AnotherHost();
        var (stream, other, member) = (NewTally(tenant), NewTally(tenant), NewMember(tenant));
        await store.Append(stream, ExpectedVersion.None, Counts(1, 1), Ct);
        var held = await HeldMove.Begin(store, tenant, placement, Ct);

        List<Task> waiting =
        [
            store.Append(stream, ExpectedVersion.Exactly(1), Counts(2, 2), Ct),
            .. Enumerable.Range(0, 40).Select(_ => store.Append(NewTally(tenant), ExpectedVersion.None, Counts(1, 1), Ct)),
            .. Enumerable.Range(0, 5).Select(_ => fresh.Append(NewTally(tenant), ExpectedVersion.None, Counts(1, 1), Ct)),
            store.Store.AppendMany([new(other, ExpectedVersion.None, Counts(1, 1)), new(NewMember(tenant), ExpectedVersion.None, [NewEvent.Of(new Left())])], Ct),
            fresh.Store.Append(new(member, ExpectedVersion.None, [NewEvent.Of(new Joined("ann@example.org"))]) { Claims = new([new("email", "ann@example.org")], []) }, Ct),
        ];
        await Task.WhenAll(Enumerable.Range(0, 40).Select(n => (n % 2 == 0 ? store : fresh).Append(NewTally(Hooli), ExpectedVersion.None, Counts(1, 1), Ct)));
        Assert.All(waiting, append => Assert.False(append.IsCompleted));
        Assert.Equal(41, await store.CountStored(Ct));

        await held.LetGo(Ct);
        await held.Move;
        await Task.WhenAll(waiting);
        await held.DisposeAsync();

        Assert.Equal([1, 2], await store.Numbers(stream, Ct));
        Assert.Equal(50, (await store.ReadFeed(new() { TenantId = tenant }, Ct)).Count);
        Assert.Equal(1, await store.Scalar<long>($"select count(distinct shard) from eventstore.events where tenant_id = '{tenant}'", Ct));
    }

    [Fact, Behaviour(42)]
    public async Task An_append_in_a_transaction_of_the_callers_does_not_wait_for_a_move_that_may_wait_for_it()
    {
        await using var store = await NewStore(Patient);
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 1), Ct);
        await using var held = await HeldMove.Begin(store, Acme, TenantPlacement.Dedicated, Ct);
        foreach (var host in (ConformanceStore[])[store, store.AnotherHost()])
        {
            await using var connection = await host.DataSource.OpenConnectionAsync(Ct);
            await using var transaction = await connection.BeginTransactionAsync(Ct);
            await host.Store.Append(new(NewTally(Hooli), ExpectedVersion.None, Counts(1, 1)), transaction, Ct);

            var moving = await Assert.ThrowsAsync<TenantMovingException>(() => host.Store.Append(new(stream, ExpectedVersion.Any, Counts(2, 2)), transaction, Ct));

            Assert.Equal(("tenant_moving", true, Acme), (moving.Code, moving.IsTransient, moving.TenantId));
            await host.Store.Append(new(NewTally(Hooli), ExpectedVersion.None, Counts(1, 1)), transaction, Ct);
            await transaction.CommitAsync(Ct);
        }

        await held.LetGo(Ct);
        await held.Move;
        Assert.Equal(5, await store.CountStored(Ct));
    }

    [Fact, Behaviour(42)]
    public async Task Appends_wait_for_a_move_so_long_and_no_longer()
    {
        await using var store = await NewStore(Patient);
        var impatient = store.AnotherHost(Patient with { Configure = options => options.LongestTenantMove = TimeSpan.FromMilliseconds(200) });
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 1), Ct);
        await using var held = await HeldMove.Begin(store, Acme, TenantPlacement.Dedicated, Ct);
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));

        var late = await Assert.ThrowsAsync<TenantMovingException>(() => impatient.Append(stream, ExpectedVersion.Any, Counts(2, 2), Ct));
        Assert.Equal(("tenant_moving", true), (late.Code, late.IsTransient));
        await Assert.ThrowsAsync<TenantMovingException>(() => impatient.Store.AppendMany([new(stream, ExpectedVersion.Any, Counts(2, 2))], Ct));
        await Assert.ThrowsAsync<TenantMovingException>(() => impatient.Store.Tenants.Disable(Acme, Ct));
        await Assert.ThrowsAsync<TenantMovingException>(() => impatient.Store.Tenants.Drop(Acme, Ct));
        await Assert.ThrowsAsync<TenantMovingException>(() => impatient.Store.Tenants.Move(Acme, TenantPlacement.Pool, Ct));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.Append(stream, ExpectedVersion.Any, Counts(2, 2), cancel.Token));

        await held.LetGo(Ct);
        await held.Move;
        Assert.Equal(2, (await impatient.Append(stream, ExpectedVersion.Exactly(1), Counts(2, 2), Ct)).Version);
    }

    [Theory, Behaviour(42)]
    [InlineData(Acme, TenantPlacement.Dedicated)]
    [InlineData(Initech, TenantPlacement.Pool)]
    public async Task A_move_that_takes_too_long_is_given_up_and_appends_get_through(string tenant, TenantPlacement placement)
    {
        await using var store = await NewStore(new() { Configure = options => options.LongestTenantMove = TimeSpan.FromSeconds(2) });
        var patient = store.AnotherHost(Patient);
        var (stream, before) = (NewTally(tenant), await Shape(store));
        await store.Append(stream, ExpectedVersion.None, Counts(1, 150), Ct);
        await using var held = await HeldMove.Begin(store, tenant, placement, Ct);

        var append = patient.Append(stream, ExpectedVersion.Exactly(150), Counts(151, 151), Ct);
        var given = await Assert.ThrowsAsync<TenantNotMovedException>(() => held.Move);

        Assert.Equal(("tenant_not_moved", true), (given.Code, given.IsTransient));
        Assert.Equal(151, (await append).Version);
        Assert.Equal(before, await Shape(store));
        await held.LetGo(Ct);
        await store.Store.Tenants.Move(tenant, placement, Ct);
        Assert.Equal(151, (await patient.Store.Load<TallyState>(stream, ct: Ct)).Version);
    }

    [Fact, Behaviour(42)]
    public async Task A_move_that_an_open_transaction_holds_up_names_its_process_and_has_stopped_nobody()
    {
        await using var store = await NewStore(new() { Configure = options => options.LongestTenantMove = TimeSpan.FromMilliseconds(300) });
        await using var open = await store.BeginAppend(Ct);
        await open.Insert(NewTally(), 1, new(1), Ct);

        var given = await Assert.ThrowsAsync<TenantNotMovedException>(() => store.Store.Tenants.Move(Acme, TenantPlacement.Dedicated, Ct));

        Assert.Contains($" {open.ProcessId}", given.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 1), Ct)).Version);
    }

    [Theory, Behaviour(42)]
    [InlineData(Acme, TenantPlacement.Dedicated)]
    [InlineData(Initech, TenantPlacement.Pool)]
    public async Task When_the_mover_dies_those_who_wait_go_on_where_the_tenant_was(string tenant, TenantPlacement placement)
    {
        await using var store = await NewStore(Patient);
        var other = store.AnotherHost();
        var (stream, before) = (NewTally(tenant), await Shape(store));
        await store.Append(stream, ExpectedVersion.None, Counts(1, 150), Ct);
        await using var held = await HeldMove.Begin(store, tenant, placement, Ct);
        var append = other.Append(stream, ExpectedVersion.Exactly(150), Counts(151, 151), Ct);

        await store.Execute(
            """
            select pg_terminate_backend(pid)
            from pg_locks
            where locktype = 'advisory'
              and classid = 7741005
              and database = (select oid from pg_database where datname = current_database())
            """,
            Ct);

        Assert.True((await Assert.ThrowsAnyAsync<EventSourcingException>(() => held.Move)).IsTransient);
        Assert.Equal(151, (await append).Version);
        Assert.Equal(before, await Shape(store));
        await held.LetGo(Ct);
        await store.Store.Tenants.Move(tenant, placement, Ct);
        Assert.Equal(Enumerable.Range(1, 151).Select(number => (long)number), await other.Numbers(stream, Ct));
    }

    [Fact, Behaviour(42)]
    public async Task A_tenant_that_a_mover_has_left_behind_as_moving_is_active_for_whoever_wants_to_write()
    {
        await using var store = await NewStore(Patient);
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 1), Ct);

        await LeaveBehind();
        await store.Append(stream, ExpectedVersion.Exactly(1), Counts(2, 2), Ct);
        await LeaveBehind();
        await store.Store.AppendMany([new(stream, ExpectedVersion.Exactly(2), Counts(3, 3))], Ct);
        await LeaveBehind();
        await using (var connection = await store.DataSource.OpenConnectionAsync(Ct))
        {
            await using var transaction = await connection.BeginTransactionAsync(Ct);
            await store.Store.Append(new(stream, ExpectedVersion.Exactly(3), Counts(4, 4)), transaction, Ct);
            await transaction.CommitAsync(Ct);
        }

        Assert.Equal(TenantStatus.Active, (await store.Store.Tenants.List(Ct)).Single(tenant => tenant.Id == Acme).Status);
        await LeaveBehind();
        await store.Store.Tenants.Move(Acme, TenantPlacement.Dedicated, Ct);
        await LeaveBehind();
        await store.Store.Tenants.Disable(Acme, Ct);
        await store.Store.Tenants.Enable(Acme, Ct);
        Assert.Equal([1, 2, 3, 4], await store.Numbers(stream, Ct));
        await LeaveBehind();
        await store.Store.Tenants.Drop(Acme, Ct);
        Assert.Equal(0, await store.CountStored(Ct));

        Task<int> LeaveBehind() => store.Execute($"update eventstore.tenants set status = 'moving' where tenant_id = '{Acme}'", Ct);
    }

    [Theory, Behaviour(42)]
    [InlineData(Acme, TenantPlacement.Dedicated)]
    [InlineData(Initech, TenantPlacement.Pool)]
    public async Task A_cancelled_move_leaves_everything_as_it_was(string tenant, TenantPlacement placement)
    {
        await using var store = await NewStore(Patient);
        var (stream, before) = (NewTally(tenant), await Shape(store));
        await store.Append(stream, ExpectedVersion.None, Counts(1, 150), Ct);
        using var cancel = new CancellationTokenSource();
        await using var held = await HeldMove.Begin(store, tenant, placement, Ct, cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => held.Move);
        Assert.Equal(151, (await store.Append(stream, ExpectedVersion.Exactly(150), Counts(151, 151), Ct)).Version);
        await held.LetGo(Ct);

        // What it had made already is removed with the next one.
        await store.Store.Tenants.Move(Globex, TenantPlacement.Dedicated, Ct);
        await store.Store.Tenants.Move(Globex, TenantPlacement.Pool, Ct);
        Assert.Equal(before, await Shape(store));
    }

    [Fact, Behaviour(42)]
    public async Task A_tenant_that_is_enabled_while_it_is_moved_is_enabled_where_it_lies_then()
    {
        await using var store = await NewStore(Patient);
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 1), Ct);
        await store.Store.Tenants.Disable(Acme, Ct);
        await using var blocker = await store.Connect(Ct);
        await using var hold = await blocker.BeginTransactionAsync(Ct);
        await using (var command = new NpgsqlCommand("lock table eventstore.projection_checkpoints in row exclusive mode", blocker))
        {
            await command.ExecuteNonQueryAsync(Ct);
        }

        var move = store.Store.Tenants.Move(Acme, TenantPlacement.Dedicated, Ct);
        await store.UntilBlocked(1, Ct);
        var enable = store.AnotherHost().Store.Tenants.Enable(Acme, Ct);
        await store.Until("select count(*) > 0 from pg_stat_activity where datname = current_database() and query like '%status = ''disabled''%' and pid <> pg_backend_pid()", Ct);
        Assert.False(enable.IsCompleted);
        await hold.RollbackAsync(Ct);
        await Task.WhenAll(move, enable);

        Assert.Equal(2, (await store.Append(stream, ExpectedVersion.Exactly(1), Counts(2, 2), Ct)).Version);
    }

    // Tenants and shards as they are, and the partitions.
    private Task<string> Shape(ConformanceStore store) => store.Scalar<string>(
        """
        select string_agg(line, e'\n' order by line)
        from (
          select to_jsonb(t)::text as line from eventstore.tenants t
          union all
          select to_jsonb(s)::text from eventstore.shards s
          union all
          select relid::text from pg_partition_tree('eventstore.events')
        ) lines
        """,
        Ct);
}
