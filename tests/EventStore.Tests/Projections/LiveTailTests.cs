using Microsoft.Extensions.Logging.Abstractions;
using Monolith.EventStore.Projections;
using Monolith.Testing;

namespace Monolith.EventStore.Tests.Projections;

public sealed class LiveTailTests(PostgresFixture postgres)
{
    [Fact]
    public async Task What_another_host_has_passed_already_is_not_handed_out_again()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var tail = Tail(bed, buffer: 100);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ProjectionBed.Ct);
        var shard = await bed.Store.Tenants.ShardOf(ProjectionBed.Tenant, ProjectionBed.Ct);
        var (first, second, third) = (await Append(bed, 1m), await Append(bed, 2m), await Append(bed, 3m));
        using var cursor = tail.Join(new LedgerViews(), shard, ["ledger"], reached: second);
        var running = tail.Run(stop.Token);
        await tail.Ready;
        var fourth = await Append(bed, 4m);

        var positions = new List<long>();
        while (positions.LastOrDefault() < fourth)
        {
            positions.AddRange((await cursor.Next(10, ProjectionBed.Ct))!.Events.Select(envelope => envelope.Position));
        }

        Assert.True(first < second && second < third);
        Assert.DoesNotContain(positions, position => position <= second);
        Assert.Contains(fourth, positions);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_cursor_that_is_not_emptied_in_time_ends()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var tail = Tail(bed, buffer: 3);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ProjectionBed.Ct);
        var running = tail.Run(stop.Token);
        await tail.Ready;
        using var cursor = tail.Join(new LedgerViews(), await bed.Store.Tenants.ShardOf(ProjectionBed.Tenant, ProjectionBed.Ct), ["ledger"], reached: 0);
        for (var i = 0; i < 5; i++)
        {
            await Append(bed, i);
        }

        await ProjectionBed.Eventually(async () => tail.Position >= await bed.Store.Feed.Refresh(ProjectionBed.Ct), "the tail has passed the events");

        Assert.Null(await cursor.Next(10, ProjectionBed.Ct));
        await stop.CancelAsync();
        await running;
    }

    private static LiveTail Tail(ProjectionBed bed, int buffer) => new(
        bed.Store.Feed,
        new(bed.DataSource, ProjectionBed.Model),
        new(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(50), TimeProvider.System),
        buffer,
        NullLogger.Instance);

    private static async Task<long> Append(ProjectionBed bed, decimal amount) => (await bed.Append(Guid.NewGuid(), new Entered(amount, "a"))).Position;
}
