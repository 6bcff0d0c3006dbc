using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Monolith.EventSourcing;

namespace Monolith.EventStore;

/// <summary>The store's instruments, of the meter <see cref="MeterName"/>. Labels are bounded: aggregate types, never ids; tenants only where that is asked for.</summary>
public sealed class StoreMetrics : IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Monolith.EventStore";

    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
    };

    // From a second to a year: streams may rest for long.
    private static readonly InstrumentAdvice<double> Ages = new()
    {
        HistogramBucketBoundaries = [1, 10, 60, 600, 3600, 21_600, 86_400, 604_800, 2_592_000, 7_776_000, 31_536_000],
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
    private readonly Histogram<double> snapshotAge;
    private readonly Counter<long> cacheLoads;
    private readonly Counter<long> cacheEvictions;
    private readonly Counter<long> appendErrors;
    private readonly Counter<long> snapshotsDropped;
    private readonly ConcurrentDictionary<string, long> snapshotTimes = new(StringComparer.Ordinal);
    private readonly bool tenants;

    /// <summary>The instruments of one store.</summary>
    /// <param name="factory">Makes the meter; null for one that nobody shares.</param>
    /// <param name="tenants">Whether counts and times of appends carry the tenant: as many series more as there are tenants.</param>
    public StoreMetrics(IMeterFactory? factory = null, bool tenants = false)
    {
        this.tenants = tenants;
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
        snapshotAge = meter.CreateHistogram(
            "monolith.eventstore.load.snapshot.age", "s", "Time since the last event in the snapshot that a load of the present state began with.", tags: null, Ages);
        cacheLoads = meter.CreateCounter<long>(
            "monolith.eventstore.cache.loads", "{load}", "Loads of cached aggregate types by result: hit, miss, or outdated when the state in memory could not be built upon.");
        appendErrors = meter.CreateCounter<long>(
            "monolith.eventstore.append.errors", "{append}", "Appends that failed for another reason than a conflict or a rule of the business: unavailable, refused, or failed for a bug.");
        snapshotsDropped = meter.CreateCounter<long>("monolith.eventstore.snapshots.dropped", "{stream}", "Requests for snapshots that were dropped because too many waited.");
        meter.CreateObservableGauge(
            "monolith.eventstore.snapshots.age",
            () => snapshotTimes.Select(type => new Measurement<double>(Stopwatch.GetElapsedTime(type.Value).TotalSeconds, Label(type.Key))),
            "s",
            "How long ago this host last wrote a snapshot of the type; nothing before the first.");
        cacheEvictions = meter.CreateCounter<long>("monolith.eventstore.cache.evictions", "{state}", "States that made room for others.");
    }

    /// <summary>The meter, for the instruments of other parts of the store.</summary>
    public Meter Meter => meter;

    /// <summary>
    /// Shows every counter at zero for every aggregate type, so that the first error is a step that a rate can see. Called when somebody listens.
    /// </summary>
    internal void Declare(DomainModel model)
    {
        foreach (var type in model.Aggregates.Select(aggregate => Label(aggregate.Name)))
        {
            foreach (var counter in (Counter<long>[])[eventsAppended, conflicts, snapshotsWritten, snapshotsRemoved, snapshotFailures])
            {
                counter.Add(0, type);
            }

            foreach (var error in (string[])["unavailable", "refused", "failed"])
            {
                appendErrors.Add(0, type, new("error.type", error));
            }
        }

        snapshotsDropped.Add(0);
    }

    internal void Appended(StreamId stream, int events, long started)
    {
        var (type, elapsed) = (Label(stream.AggregateType), Stopwatch.GetElapsedTime(started).TotalSeconds);
        if (tenants)
        {
            appendDuration.Record(elapsed, type, Tenant(stream));
            eventsAppended.Add(events, type, Tenant(stream));
            return;
        }

        appendDuration.Record(elapsed, type);
        eventsAppended.Add(events, type);
    }

    /// <summary>Counts an append that failed, unless the failure is an answer: a conflict, a rejection, a cancellation.</summary>
    internal void AppendFailed(string aggregateType, Exception error)
    {
        var reason = error switch
        {
            ConcurrencyException or RejectedException or OperationCanceledException => null,
            EventSourcingException { IsTransient: true } => "unavailable",
            EventSourcingException or ArgumentException => "refused",
            _ => "failed",
        };
        if (reason is not null)
        {
            appendErrors.Add(1, Label(aggregateType), new("error.type", reason));
        }
    }

    internal void Imported(string aggregateType, long events) =>
        eventsAppended.Add(events, Label(aggregateType));

    internal void Loaded(string aggregateType, int events, long started)
    {
        var type = Label(aggregateType);
        loadDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, type);
        tailLength.Record(events, type);
    }

    /// <summary>Whether anybody wants to know what <see cref="LoadedFromSnapshot"/> is told.</summary>
    internal bool TakesSnapshotAges => snapshotAge.Enabled;

    // The database's clock and this one may differ.
    internal void LoadedFromSnapshot(string aggregateType, DateTimeOffset recordedAt) =>
        snapshotAge.Record(Math.Max(0, (TimeProvider.System.GetUtcNow() - recordedAt).TotalSeconds), Label(aggregateType));

    internal void LoadedThroughCache(string aggregateType, string result) => cacheLoads.Add(
        1, Label(aggregateType), new KeyValuePair<string, object?>("result", result));

    internal void Evicted(string aggregateType) => cacheEvictions.Add(1, Label(aggregateType));

    internal void Conflicted(StreamId stream)
    {
        if (tenants)
        {
            conflicts.Add(1, Label(stream.AggregateType), Tenant(stream));
            return;
        }

        conflicts.Add(1, Label(stream.AggregateType));
    }

    internal void SnapshotsWritten(string aggregateType, int count)
    {
        snapshotsWritten.Add(count, Label(aggregateType));
        snapshotTimes[aggregateType] = Stopwatch.GetTimestamp();
    }

    internal void SnapshotDropped() => snapshotsDropped.Add(1);

    internal void SnapshotsRemoved(string aggregateType, int count) =>
        snapshotsRemoved.Add(count, Label(aggregateType));

    internal void SnapshotFailed(string aggregateType) =>
        snapshotFailures.Add(1, Label(aggregateType));

    private static KeyValuePair<string, object?> Label(string aggregateType) => new("aggregate_type", aggregateType);

    private static KeyValuePair<string, object?> Tenant(StreamId stream) => new("tenant_id", stream.TenantId);

    /// <inheritdoc />
    public void Dispose() => meter.Dispose();
}
