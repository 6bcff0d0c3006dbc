using System.Diagnostics.Metrics;
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
        var (held, holder) = (double.NaN, (int?)null);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter == store.Store.Metrics.Meter && instrument.Name is "monolith.eventstore.watermark.hold" or "monolith.eventstore.watermark.holder")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, tags, _) => held = tags.Length == 0 ? value : double.NaN);
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) => holder = tags.Length == 0 ? value : null);
        listener.Start();
        listener.RecordObservableInstruments();
        return (held, holder);
    }
}
