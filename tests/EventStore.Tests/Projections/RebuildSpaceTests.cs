using Monolith.EventStore.Projections;
using Monolith.Testing;
using Monolith.Testing.Conformance;

namespace Monolith.EventStore.Tests.Projections;

/// <summary>What cannot be had of a real disk: how much of it is free.</summary>
public sealed class RebuildSpaceTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact]
    public async Task A_rebuild_needs_as_much_free_disk_as_the_live_rows_take_where_the_server_is_on_this_machine()
    {
        await using var hosts = await NewHosts();
        var catalog = hosts.Catalog(new NumberTable(), new TallyViews());
        var runner = await hosts.Run(new NumberTable(), new TallyViews());
        await hosts.Count(ConformanceStore.NewTally(), 1, 2, 3);
        await hosts.CaughtUp(runner);
        await runner.StopAsync(Ct);
        var size = (await hosts.Query<long>("select pg_total_relation_size('tests.numbers')"))[0];
        var directories = new HashSet<string>();

        await Space(size).Require(catalog["tests.numbers"], Ct);
        var refused = await Assert.ThrowsAsync<RebuildDiskException>(() => Space(size - 1).Require(catalog["tests.numbers"], Ct));
        Assert.Equal((size, size - 1), (refused.Needed, refused.Available));
        Assert.True(Path.IsPathRooted(Assert.Single(directories)));
        await Space(free: null).Require(catalog["tests.numbers"], Ct);

        RebuildSpace Space(long? free) => new(hosts.Store.DataSource, catalog, hosts.Views, limit: null)
        {
            FreeAt = directory =>
            {
                directories.Add(directory);
                return free;
            },
        };
    }

    [Fact]
    public async Task What_a_running_rebuild_has_still_to_write_is_not_free()
    {
        await using var hosts = await NewHosts();
        Projection[] projections = [new NumberTable(), new TallyViews()];
        var catalog = hosts.Catalog(projections);
        var runner = await hosts.Run(projections);
        await hosts.Count(ConformanceStore.NewTally(), [.. Enumerable.Range(1, 500).Select(number => (long)number)]);
        await hosts.CaughtUp(runner);
        await runner.StopAsync(Ct);
        await hosts.Operations(projections).Rebuild("tests.numbers", Ct);
        var left = (await hosts.Query<long>("select pg_total_relation_size('tests.numbers') - pg_total_relation_size('tests_shadow.numbers')"))[0];
        var views = (await hosts.Query<long>("select pg_total_relation_size('views')"))[0];

        var refused = await Assert.ThrowsAsync<RebuildDiskException>(() => new RebuildSpace(hosts.Store.DataSource, catalog, hosts.Views, limit: null)
        {
            FreeAt = _ => left + views - 1,
        }.Require(catalog["tests.tallies"], Ct));

        Assert.Equal(views - 1, refused.Available);
    }
}
