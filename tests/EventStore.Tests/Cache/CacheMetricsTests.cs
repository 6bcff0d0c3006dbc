using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Cache;

public sealed class CacheMetricsTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private readonly ConcurrentDictionary<string, long> counts = new(StringComparer.Ordinal);

    [Fact]
    public async Task Loads_are_counted_as_hits_misses_and_outdated_and_the_cache_says_how_full_it_is()
    {
        var model = new DomainModelBuilder().AddEvent(typeof(Counted)).AddAggregate(typeof(MeasuredTally)).Build();
        await using var store = await NewStore(new() { Model = model, Configure = options => options.MaxCachedStates = 2 });
        using var listener = Listener(store);
        var streams = Enumerable.Range(0, 3).Select(_ => new StreamId(Acme, "measured_tally", Guid.CreateVersion7())).ToList();
        foreach (var stream in streams)
        {
            await store.Append(stream, ExpectedVersion.None, Counts(1, 3), Ct);
            await store.Store.Load<TallyState>(stream, ct: Ct);
            await store.Store.Load<TallyState>(stream, ct: Ct);
        }

        await store.Append(streams[2], ExpectedVersion.Exactly(3), Counts(4, 203), Ct);
        await store.Store.Load<TallyState>(streams[2], ct: Ct);
        listener.RecordObservableInstruments();

        Assert.Equal((3, 3, 1), (counts["miss"], counts["hit"], counts["outdated"]));
        Assert.Equal((1, 2), (counts["monolith.eventstore.cache.evictions"], counts["monolith.eventstore.cache.states"]));
        Assert.InRange(counts["monolith.eventstore.cache.size"], 512, 1024);
    }

    private MeterListener Listener(ConformanceStore store)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter == store.Store.Metrics.Meter && instrument.Name.StartsWith("monolith.eventstore.cache.", StringComparison.Ordinal))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => counts.AddOrUpdate(Name(instrument, tags), value, (_, sum) => sum + value));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => counts.AddOrUpdate(Name(instrument, tags), value, (_, sum) => sum + value));
        listener.Start();
        return listener;
    }

    private static string Name(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var (key, value) in tags)
        {
            if (key == "result")
            {
                return (string)value!;
            }
        }

        return instrument.Name;
    }

    [AggregateType("measured_tally", Cache = true)]
    public sealed class MeasuredTally(Guid id) : Aggregate<TallyState>(id);
}
