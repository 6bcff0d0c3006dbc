using Monolith.EventStore.Projections;
using Monolith.Testing;

namespace Monolith.EventStore.Tests.Projections;

public sealed class OwnershipTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Hosts_share_the_shards_and_give_them_back()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var first = await bed.Run(new LedgerViews(), new CountViews());
        await Owns(bed, first, 16);
        var second = await bed.Run(new LedgerViews(), new CountViews());
        await Owns(bed, first, 8);
        await Owns(bed, second, 8);

        await second.StopAsync(ProjectionBed.Ct);
        await Owns(bed, first, 16);
        var id = Guid.NewGuid();
        await bed.Append(id, new Entered(1m, "a"));
        await bed.CaughtUp(first);

        Assert.NotNull(await bed.View<LedgerView>(id));
    }

    [Fact]
    public async Task Both_projections_of_a_shard_run_on_the_same_host()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var first = await bed.Run(new LedgerViews(), new CountViews());
        var second = await bed.Run(new LedgerViews(), new CountViews());
        await Owns(bed, first, 8);
        await Owns(bed, second, 8);

        Assert.Equal([1L], await bed.Query<long>("select max(owners) from (select count(distinct owner) as owners from eventstore.projection_checkpoints group by shard) s"));
    }

    [Fact]
    public async Task A_host_takes_over_at_once_when_the_session_of_the_owner_is_gone()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        await OwnedByGhost(bed, sessionKey: "17", expires: "1 hour");
        var runner = await bed.Run(new LedgerViews());

        await Owns(bed, runner, 8);
    }

    [Fact]
    public async Task A_host_takes_over_when_the_time_of_a_silent_owner_has_run_out()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        await OwnedByGhost(bed, sessionKey: "null", expires: "1 hour");
        var runner = await bed.Run(new LedgerViews());
        await ProjectionBed.Eventually(
            async () => (await bed.Query<long>("select count(*) from eventstore.projection_hosts"))[0] == 2, "the runner is on the list");
        Assert.Empty(runner.Statuses);

        await bed.Execute("update eventstore.projection_hosts set expires_at = clock_timestamp() - interval '1 second' where host = 'ghost'");
        await Owns(bed, runner, 8);
    }

    [Fact]
    public async Task A_former_owner_cannot_write_any_more()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var id = Guid.NewGuid();
        var runner = await bed.Run(ProjectionBed.Quick, new LedgerViews());
        await bed.Append(id, new Entered(1m, "a"));
        await bed.CaughtUp(runner);
        await OwnedByGhost(bed, sessionKey: "null", expires: "1 hour");

        var stored = await bed.Append(id, new Entered(2m, "b"));
        await ProjectionBed.Eventually(() => Task.FromResult(runner.Statuses.Count == 0), "the runner has let go");
        Assert.Equal(1m, (await bed.View<LedgerView>(id))!.Sum);
        await Assert.ThrowsAsync<ReadModelBehindException>(
            () => runner.WaitFor("tests.ledgers", ProjectionBed.Tenant, stored.Position, TimeSpan.FromMilliseconds(50), ProjectionBed.Ct));

        await bed.Execute("delete from eventstore.projection_hosts where host = 'ghost'");
        await bed.CaughtUp(runner);
        Assert.Equal(3m, (await bed.View<LedgerView>(id))!.Sum);
    }

    [Fact]
    public async Task A_checkpoint_that_was_moved_by_somebody_else_is_not_written_over()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var id = Guid.NewGuid();
        var runner = await bed.Run(ProjectionBed.Quick, new LedgerViews());
        var first = await bed.Append(id, new Entered(1m, "a"));
        await bed.CaughtUp(runner);
        var moved = await bed.Append(Guid.NewGuid(), new MeterRead(1));
        await bed.CaughtUp(runner);
        await ProjectionBed.Eventually(
            async () => (await bed.Query<long>("select coalesce(min(position), 0) from eventstore.projection_checkpoints"))[0] >= moved.Position, "checkpoints have passed");
        await bed.Execute($"update eventstore.projection_checkpoints set position = {first.Position}");

        var stored = await bed.Append(id, new Entered(2m, "b"));
        await runner.WaitFor("tests.ledgers", ProjectionBed.Tenant, stored.Position, ProjectionBed.Patience, ProjectionBed.Ct);

        Assert.Equal(new LedgerView(id, 3m, 2, true, null), await bed.View<LedgerView>(id));
    }

    [Theory]
    [InlineData(1, 8)]
    [InlineData(3, 8)]
    [InlineData(5, 64)]
    [InlineData(9, 8)]
    public void Every_shard_goes_to_one_host_and_no_host_gets_more_than_its_share(int hostCount, int shardCount)
    {
        var hosts = Enumerable.Range(0, hostCount).Select(i => $"host-{i}:{i * 7919}").ToArray();
        var shards = Enumerable.Range(0, shardCount).Select(i => $"pool_{i}").ToArray();

        var assigned = hosts.SelectMany(host => Assignment.Of(host, hosts, shards)).ToList();

        Assert.Equal(shards.Order(), assigned.Order());
        Assert.All(hosts, host => Assert.InRange(Assignment.Of(host, hosts, shards).Count, 0, (shardCount + hostCount - 1) / hostCount));
    }

    [Fact]
    public void A_host_that_leaves_moves_few_shards_of_the_others()
    {
        var hosts = Enumerable.Range(0, 4).Select(i => $"host-{i}").ToArray();
        var shards = Enumerable.Range(0, 64).Select(i => $"pool_{i}").ToArray();

        var kept = hosts[1..].Sum(host => Assignment.Of(host, hosts, shards).Intersect(Assignment.Of(host, hosts[1..], shards)).Count());

        Assert.InRange(kept, 36, 48);
    }

    private static async Task Owns(ProjectionBed bed, ProjectionRunner runner, int count)
    {
        await ProjectionBed.Eventually(
            async () => (await bed.Query<long>($"select count(*) from eventstore.projection_checkpoints where owner = '{runner.Host}'"))[0] == count
                && runner.Statuses.Count == count,
            $"the runner owns {count}");
    }

    private static Task OwnedByGhost(ProjectionBed bed, string sessionKey, string expires) => bed.Execute(
        $"""
        insert into eventstore.projection_hosts (host, session_key, projections, started_at, expires_at)
        values ('ghost', {sessionKey}, array[]::text[], now(), now() + interval '{expires}');
        insert into eventstore.projection_checkpoints (projection, shard, version, position, start_position, owner, started_at, updated_at)
        select 'tests.ledgers', shard, 1, 0, 0, 'ghost', now(), now()
        from eventstore.shards
        on conflict (projection, slot, shard) do update set owner = 'ghost', fence = projection_checkpoints.fence + 1
        """);
}
