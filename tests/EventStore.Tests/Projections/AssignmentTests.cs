using Monolith.EventStore.Projections;

namespace Monolith.EventStore.Tests.Projections;

public sealed class AssignmentTests
{
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
}
