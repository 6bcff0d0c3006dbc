using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Feeding;

public sealed class HoldMetricsTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact]
    public async Task The_gauges_say_how_long_and_in_which_process_the_feed_is_held_back_and_nothing_else()
    {
        await using var store = await NewStore();
        await store.Append(NewTally(), ExpectedVersion.None, Counts(1, 1), Ct);
        await store.Store.Feed.Refresh(Ct);
        Assert.Equal((0, null), Observe(store));

        await using var slow = await store.BeginAppend(Ct);
        await slow.Insert(NewTally(), 1, new(1), Ct);
        await store.Store.Feed.Refresh(Ct);
        var (held, holder) = Observe(store);
        Assert.Equal(slow.ProcessId, holder);
        Assert.True(held > 0);

        await slow.Commit(Ct);
        await store.Store.Feed.Refresh(Ct);
        Assert.Equal((0, null), Observe(store));
    }

    private static (double Held, int? Holder) Observe(ConformanceStore store)
    {
        var holder = Instruments.Observe(store.Store.Metrics, "monolith.eventstore.watermark.holder");
        return (Instruments.Observe(store.Store.Metrics, "monolith.eventstore.watermark.hold")[""], holder.TryGetValue("", out var processId) ? (int)processId : null);
    }
}
