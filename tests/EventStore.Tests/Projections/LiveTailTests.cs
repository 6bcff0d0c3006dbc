using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Monolith.EventStore.Projections;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using Npgsql;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Projections;

public sealed class LiveTailTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact]
    public async Task What_another_host_has_passed_already_is_not_handed_out_again()
    {
        await using var hosts = await NewHosts();
        var tail = Tail(hosts, buffer: 100);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var shard = await hosts.Store.Store.Tenants.ShardOf(Acme, Ct);
        var (first, second, third) = (await Append(hosts), await Append(hosts), await Append(hosts));
        using var cursor = tail.Join(new TallyViews(), shard, ["tally"], reached: second);
        var running = tail.Run(stop.Token);
        await tail.Ready;
        var fourth = await Append(hosts);

        var positions = await Positions(cursor, upTo: fourth);
        Assert.True(first < second && second < third);
        Assert.DoesNotContain(positions, position => position <= second);
        Assert.Contains(fourth, positions);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_cursor_that_is_not_emptied_in_time_ends()
    {
        await using var hosts = await NewHosts();
        var tail = Tail(hosts, buffer: 3);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var running = tail.Run(stop.Token);
        await tail.Ready;
        using var cursor = tail.Join(new TallyViews(), await hosts.Store.Store.Tenants.ShardOf(Acme, Ct), ["tally"], reached: 0);
        for (var i = 0; i < 5; i++)
        {
            await Append(hosts);
        }

        await hosts.Until(async () => tail.Position >= await hosts.Store.Store.Feed.Refresh(Ct), "the tail has passed the events");

        Assert.Null(await cursor.Next(10, Ct));
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task An_error_that_nobody_has_thought_of_is_logged_and_the_tail_goes_on()
    {
        await using var hosts = await NewHosts();
        var failures = 3;
        var builder = new NpgsqlDataSourceBuilder(hosts.Store.ConnectionString) { ConnectionStringBuilder = { Pooling = false } };
        builder.UsePhysicalConnectionInitializer(_ => { }, _ => Interlocked.Decrement(ref failures) >= 0 ? throw new InvalidOperationException("Out of order.") : Task.CompletedTask);
        await using var failing = builder.Build();
        var logs = new CollectedLogs();
        var tail = Tail(hosts, buffer: 10, failing, logs);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var running = tail.Run(stop.Token);
        await tail.Ready;
        using var cursor = tail.Join(new TallyViews(), await hosts.Store.Store.Tenants.ShardOf(Acme, Ct), ["tally"], reached: 0);
        var stored = await Append(hosts);

        Assert.Equal(stored, Assert.Single((await cursor.Next(10, Ct))!.Events).Position);
        Assert.Equal(3, logs.Warnings.Count(line => line.StartsWith("Following the end of the feed failed", StringComparison.Ordinal)));
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task Who_joins_while_a_page_is_being_read_joins_behind_it_because_its_events_may_lie_elsewhere_by_now()
    {
        await using var hosts = await NewHosts();
        var (isRead, mayGoOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        var reader = new ProjectionReader(hosts.Store.DataSource, hosts.Store.Setup.Model);
        var tail = Tail(hosts, buffer: 10, async (shards, types, after, upTo, limit, ct) =>
        {
            var page = await reader.ReadShards(shards, types, after, upTo, limit, ct);
            isRead.TrySetResult();
            await mayGoOn.Task.WaitAsync(ct);
            return page;
        });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var running = tail.Run(stop.Token);
        await tail.Ready;
        var shard = await hosts.Store.Store.Tenants.ShardOf(Acme, Ct);
        using var before = tail.Join(new TallyViews(), shard, ["tally"], reached: 0);
        await before.Joined.WaitAsync(Ct);
        var first = await Append(hosts);
        await isRead.Task.WaitAsync(Ct);

        using var meanwhile = tail.Join(new TallyViews(), shard, ["tally"], reached: 0);
        using var gone = tail.Join(new TallyViews(), shard, ["tally"], reached: 0);
        gone.Dispose();
        var isJoinedMeanwhile = meanwhile.Joined.IsCompleted;
        mayGoOn.SetResult();
        var joinedAt = await meanwhile.Joined.WaitAsync(Ct);
        var second = await Append(hosts);

        Assert.False(isJoinedMeanwhile);
        Assert.True(joinedAt >= first);
        Assert.Equal([first, second], await Positions(before, upTo: second));
        Assert.Equal([second], await Positions(meanwhile, upTo: second));
        Assert.False(gone.Joined.IsCompleted);
        await stop.CancelAsync();
        await running;
    }

    private async Task<List<long>> Positions(TailCursor cursor, long upTo)
    {
        var positions = new List<long>();
        while (positions.LastOrDefault() < upTo)
        {
            positions.AddRange((await cursor.Next(10, Ct))!.Events.Select(envelope => envelope.Position));
        }

        return positions;
    }

    private static LiveTail Tail(ProjectionHosts hosts, int buffer, NpgsqlDataSource? dataSource = null, ILogger? logger = null) =>
        Tail(hosts, buffer, new ProjectionReader(dataSource ?? hosts.Store.DataSource, hosts.Store.Setup.Model).ReadShards, logger);

    private static LiveTail Tail(ProjectionHosts hosts, int buffer, LiveTail.PageReader read, ILogger? logger = null) => new(
        hosts.Store.Store.Feed,
        read,
        new(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(50), TimeProvider.System),
        buffer,
        logger ?? NullLogger.Instance);

    private static async Task<long> Append(ProjectionHosts hosts) => (await hosts.Count(NewTally(), 1)).Position;
}
