using Monolith.EventStore.Projections;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>A projection has one owner on each shard, whatever becomes of the hosts.</summary>
public abstract class ProjectionOwnershipConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact, Behaviour(33)]
    public async Task Hosts_share_the_shards_and_give_them_back()
    {
        await using var hosts = await NewHosts(EightShards);
        var first = await hosts.Run(new TallyViews(), new EventCountViews());
        await hosts.Owns(first, 18);
        var second = await hosts.Run(new TallyViews(), new EventCountViews());
        var third = await hosts.Run(new TallyViews(), new EventCountViews());
        await hosts.Owns(first, 6);
        await hosts.Owns(second, 6);
        await hosts.Owns(third, 6);

        await second.StopAsync(Ct);
        await hosts.Until(() => Shares(first, third) is [8, 10], "two hosts share nine shards");
        await third.StopAsync(Ct);
        await hosts.Owns(first, 18);
        var stream = NewTally();
        await hosts.Count(stream, 1);
        await hosts.CaughtUp(first);

        Assert.NotNull(await hosts.View<TallyView>(stream));

        static int[] Shares(params ProjectionRunner[] runners) => [.. runners.Select(runner => runner.Statuses.Count).Order()];
    }

    [Fact, Behaviour(32)]
    public async Task Both_projections_of_a_shard_run_on_the_same_host()
    {
        await using var hosts = await NewHosts(EightShards);
        var first = await hosts.Run(new TallyViews(), new EventCountViews());
        await hosts.Owns(first, 18);
        var second = await hosts.Run(new TallyViews(), new EventCountViews());
        await hosts.Until(() => first.Statuses.Count + second.Statuses.Count == 18 && second.Statuses.Count >= 8, "the hosts share");

        Assert.Equal([1L], await hosts.Query<long>("select max(owners) from (select count(distinct owner) as owners from eventstore.projection_checkpoints group by shard) s"));
    }

    [Fact, Behaviour(32)]
    public async Task A_host_that_stops_hands_over_at_once()
    {
        await using var hosts = await NewHosts();
        var first = await hosts.Run(new TallyViews());
        await hosts.Owns(first, 3);
        await first.StopAsync(Ct);

        Assert.Equal([3L], await hosts.Query<long>("select count(*) from eventstore.projection_checkpoints where owner is null"));
        await hosts.Owns(await hosts.Run(new TallyViews()), 3);
    }

    [Fact, Behaviour(32)]
    public async Task The_shards_of_a_host_that_dies_are_taken_over_although_its_time_has_not_run_out()
    {
        await using var hosts = await NewHosts();
        var patient = ProjectionHosts.Quick;
        patient.Lease = TimeSpan.FromHours(1);
        var stream = NewTally();
        var dying = await hosts.Start(new() { Options = patient, BehindRelay = true }, new TallyViews());
        await hosts.Count(stream, 1);
        await hosts.CaughtUp(dying.Runner);
        var survivor = await hosts.Run(patient, new TallyViews());
        await hosts.Count(stream, 2);

        await dying.Kill();
        await hosts.Owns(survivor, 3);
        await hosts.Count(stream, 3);
        await hosts.CaughtUp(survivor);

        Assert.Equal(new TallyView(stream.AggregateId, 6, 3, true, null), await hosts.View<TallyView>(stream));
    }

    [Fact, Behaviour(32)]
    public async Task A_host_that_hangs_loses_its_shards_and_cannot_write_when_it_wakes()
    {
        await using var hosts = await NewHosts();
        var stream = NewTally();
        var hanging = await hosts.Start(new() { BehindRelay = true }, new TallyViews());
        await hosts.Count(stream, 1);
        await hosts.CaughtUp(hanging.Runner);
        var other = await hosts.Run(new TallyViews());

        // What it tries to store now is on its way until it wakes.
        hanging.Network!.Hold();
        await hosts.Count(stream, 2);
        await hosts.Owns(other, 3);
        await hosts.Count(stream, 3);
        await hosts.CaughtUp(other);
        hanging.Network.Release();
        await hosts.Until(() => hanging.Runner.Statuses.Count + other.Statuses.Count == 3, "each shard has one owner again");
        await hosts.Count(stream, 4);
        await hosts.CaughtUp(other);

        Assert.Equal(new TallyView(stream.AggregateId, 10, 4, true, null), await hosts.View<TallyView>(stream));
    }

    [Fact, Behaviour(32)]
    public async Task A_host_takes_over_at_once_when_the_session_of_the_owner_is_gone()
    {
        await using var hosts = await NewHosts();
        await OwnedByGhost(hosts, sessionKey: "17", expires: "1 hour");

        await hosts.Owns(await hosts.Run(new TallyViews()), 3);
    }

    [Fact, Behaviour(32)]
    public async Task A_host_takes_over_when_the_time_of_a_silent_owner_has_run_out()
    {
        await using var hosts = await NewHosts();
        await OwnedByGhost(hosts, sessionKey: "null", expires: "1 hour");
        var runner = await hosts.Run(new TallyViews());
        await hosts.Store.Until("select count(*) = 2 from eventstore.projection_hosts", Ct);
        Assert.Empty(runner.Statuses);

        await hosts.Execute("update eventstore.projection_hosts set expires_at = clock_timestamp() - interval '1 second' where host = 'ghost'");
        await hosts.Owns(runner, 3);
    }

    [Fact, Behaviour(32)]
    public async Task Behind_a_pool_that_shares_sessions_time_alone_shows_life()
    {
        await using var hosts = await NewHosts();
        var options = ProjectionHosts.Quick;
        options.SessionShowsLife = false;
        var dying = await hosts.Start(new() { Options = options, BehindRelay = true }, new TallyViews());
        await hosts.Owns(dying.Runner, 3);
        Assert.Equal([0L], await hosts.Query<long>("select count(*) from pg_locks join pg_database d on d.oid = database and d.datname = current_database() where locktype = 'advisory' and classid = 7741002"));
        var survivor = await hosts.Run(options, new TallyViews());

        await dying.Kill();
        await hosts.Owns(survivor, 3);
    }

    [Fact, Behaviour(32)]
    public async Task A_former_owner_cannot_write_any_more()
    {
        await using var hosts = await NewHosts();
        var stream = NewTally();
        var runner = await hosts.Run(new TallyViews());
        await hosts.Count(stream, 1);
        await hosts.CaughtUp(runner);
        await OwnedByGhost(hosts, sessionKey: "null", expires: "1 hour");

        var stored = await hosts.Count(stream, 2);
        await hosts.Until(() => runner.Statuses.Count == 0, "the host has let go");
        Assert.Equal(1, (await hosts.View<TallyView>(stream))!.Sum);
        await Assert.ThrowsAsync<ReadModelBehindException>(
            () => runner.WaitFor("tests.tallies", Acme, stored.Position, TimeSpan.FromMilliseconds(50), Ct));

        await hosts.Execute("delete from eventstore.projection_hosts where host = 'ghost'");
        await hosts.CaughtUp(runner);
        Assert.Equal(3, (await hosts.View<TallyView>(stream))!.Sum);
    }

    [Fact, Behaviour(32)]
    public async Task A_checkpoint_that_was_moved_by_somebody_else_is_not_written_over()
    {
        await using var hosts = await NewHosts();
        var stream = NewTally();
        var runner = await hosts.Run(new TallyViews());
        var first = await hosts.Count(stream, 1);
        await hosts.CaughtUp(runner);
        var moved = await hosts.Append(NewOrder(), new OrderRemarked("foreign"));
        await hosts.CaughtUp(runner);
        await hosts.Store.Until($"select coalesce(min(position), 0) >= {moved.Position} from eventstore.projection_checkpoints", Ct);
        await hosts.Execute($"update eventstore.projection_checkpoints set position = {first.Position}");

        var stored = await hosts.Count(stream, 2);
        await runner.WaitFor("tests.tallies", Acme, stored.Position, ProjectionHosts.Patience, Ct);

        Assert.Equal(new TallyView(stream.AggregateId, 3, 2, true, null), await hosts.View<TallyView>(stream));
    }

    private static StoreSetup EightShards => new() { Configure = options => options.PoolShards = 8 };

    private static Task OwnedByGhost(ProjectionHosts hosts, string sessionKey, string expires) => hosts.Execute(
        $"""
        insert into eventstore.projection_hosts (host, session_key, projections, started_at, expires_at)
        values ('ghost', {sessionKey}, array[]::text[], now(), now() + interval '{expires}');
        insert into eventstore.projection_checkpoints (projection, shard, version, position, start_position, owner, started_at, updated_at)
        select 'tests.tallies', shard, 1, 0, 0, 'ghost', now(), now()
        from eventstore.shards
        on conflict (projection, slot, shard) do update set owner = 'ghost', fence = projection_checkpoints.fence + 1
        """);
}
