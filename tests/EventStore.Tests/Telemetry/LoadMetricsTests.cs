using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Telemetry;

public sealed class LoadMetricsTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private const string SnapshotAge = "monolith.eventstore.load.snapshot.age";

    private readonly ConcurrentQueue<double> ages = [];

    [Theory]
    [InlineData("tally")]
    [InlineData("cached_tally")]
    public async Task The_age_of_a_snapshot_is_the_time_since_its_last_event_to_the_load_that_begins_with_it(string type)
    {
        var model = new DomainModelBuilder().AddEvent(typeof(Counted)).AddAggregate(typeof(Tally)).AddAggregate(typeof(CachedTally)).Build();
        await using var store = await NewStore(new() { Model = model });
        using var listener = Listen(store);
        var stream = new StreamId(Acme, type, Guid.CreateVersion7());
        await store.Append(stream, ExpectedVersion.None, Counts(1, 102), Ct);
        await store.Store.DrainSnapshots(Ct);
        await store.Store.Load<TallyState>(stream, AsOf.Version(99), Ct);
        Assert.Empty(ages);

        var recordedAt = (await store.Read(stream, StreamRange.All, Ct))[99].RecordedAt;
        var atLeast = DateTimeOffset.UtcNow - recordedAt;
        var loaded = await store.Store.Load<TallyState>(stream, ct: Ct);
        var atMost = DateTimeOffset.UtcNow - recordedAt;
        Assert.Equal((100, 2), (loaded.SnapshotVersion, loaded.EventsRead));
        Assert.InRange(Assert.Single(ages), atLeast.TotalSeconds, atMost.TotalSeconds);
    }

    [Fact]
    public async Task A_load_without_a_snapshot_or_of_an_earlier_state_says_nothing_of_the_age_of_snapshots()
    {
        await using var store = await NewStore();
        using var listener = Listen(store);
        var (small, large) = (await store.StoreTally(3, Ct), await store.StoreTally(102, Ct));

        await store.Store.Load<TallyState>(small, ct: Ct);
        Assert.Equal(100, (await store.Store.Load<TallyState>(large, AsOf.Version(101), Ct)).SnapshotVersion);
        Assert.Empty(ages);
    }

    private MeterListener Listen(ConformanceStore store)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter == store.Store.Metrics.Meter && instrument.Name == SnapshotAge)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => ages.Enqueue(value));
        listener.Start();
        return listener;
    }

    [AggregateType("cached_tally", Cache = true)]
    public sealed class CachedTally(Guid id) : Aggregate<TallyState>(id);
}
