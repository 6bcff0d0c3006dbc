using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Monolith.EventStore;

/// <summary>The store's instruments, of the meter <see cref="MeterName"/>. Labels are bounded: aggregate types, never ids or tenants.</summary>
public sealed class StoreMetrics : IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Monolith.EventStore";

    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
    };

    private readonly Meter meter;
    private readonly Histogram<double> appendDuration;
    private readonly Histogram<double> loadDuration;
    private readonly Counter<long> eventsAppended;
    private readonly Counter<long> conflicts;
    private readonly Counter<long> snapshotsWritten;
    private readonly Counter<long> snapshotsRemoved;
    private readonly Counter<long> snapshotFailures;
    private readonly Histogram<int> tailLength;
    private readonly Counter<long> cacheLoads;
    private readonly Counter<long> cacheEvictions;

    /// <summary>The instruments of one store.</summary>
    public StoreMetrics(IMeterFactory? factory = null)
    {
        meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        appendDuration = meter.CreateHistogram("monolith.eventstore.append.duration", "s", "Time of an append, from the call to the commit.", tags: null, Seconds);
        loadDuration = meter.CreateHistogram("monolith.eventstore.load.duration", "s", "Time of loading an aggregate's state.", tags: null, Seconds);
        eventsAppended = meter.CreateCounter<long>("monolith.eventstore.events.appended", "{event}", "Events stored.");
        conflicts = meter.CreateCounter<long>("monolith.eventstore.conflicts", "{conflict}", "Appends refused because the stream was at another version.");
        snapshotsWritten = meter.CreateCounter<long>("monolith.eventstore.snapshots.written", "{snapshot}", "Snapshots written.");
        snapshotsRemoved = meter.CreateCounter<long>("monolith.eventstore.snapshots.removed", "{snapshot}", "Snapshots that the retention of their type does not keep.");
        snapshotFailures = meter.CreateCounter<long>("monolith.eventstore.snapshots.failed", "{snapshot}", "Snapshots that could not be written or read.");
        tailLength = meter.CreateHistogram(
            "monolith.eventstore.load.events", "{event}", "Events read and folded by a load.", tags: null,
            new InstrumentAdvice<int> { HistogramBucketBoundaries = [0, 1, 5, 10, 25, 50, 100, 250, 1000, 10_000] });
        cacheLoads = meter.CreateCounter<long>(
            "monolith.eventstore.cache.loads", "{load}", "Loads of cached aggregate types by result: hit, miss, or outdated when the state in memory could not be built upon.");
        cacheEvictions = meter.CreateCounter<long>("monolith.eventstore.cache.evictions", "{state}", "States that made room for others.");
    }

    /// <summary>The meter, for the instruments of other parts of the store.</summary>
    public Meter Meter => meter;

    internal void Appended(string aggregateType, int events, long started)
    {
        var type = new KeyValuePair<string, object?>("aggregate_type", aggregateType);
        appendDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, type);
        eventsAppended.Add(events, type);
    }

    internal void Imported(string aggregateType, long events) =>
        eventsAppended.Add(events, new KeyValuePair<string, object?>("aggregate_type", aggregateType));

    internal void Loaded(string aggregateType, int events, long started)
    {
        var type = new KeyValuePair<string, object?>("aggregate_type", aggregateType);
        loadDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, type);
        tailLength.Record(events, type);
    }

    internal void LoadedThroughCache(string aggregateType, string result) => cacheLoads.Add(
        1, new KeyValuePair<string, object?>("aggregate_type", aggregateType), new KeyValuePair<string, object?>("result", result));

    internal void Evicted(string aggregateType) => cacheEvictions.Add(1, new KeyValuePair<string, object?>("aggregate_type", aggregateType));

    internal void Conflicted(string aggregateType) => conflicts.Add(1, new KeyValuePair<string, object?>("aggregate_type", aggregateType));

    internal void SnapshotsWritten(string aggregateType, int count) =>
        snapshotsWritten.Add(count, new KeyValuePair<string, object?>("aggregate_type", aggregateType));

    internal void SnapshotsRemoved(string aggregateType, int count) =>
        snapshotsRemoved.Add(count, new KeyValuePair<string, object?>("aggregate_type", aggregateType));

    internal void SnapshotFailed(string aggregateType) =>
        snapshotFailures.Add(1, new KeyValuePair<string, object?>("aggregate_type", aggregateType));

    /// <inheritdoc />
    public void Dispose() => meter.Dispose();
}
