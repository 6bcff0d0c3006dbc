using System.Diagnostics.Metrics;
using Monolith.EventSourcing;

namespace Monolith.EventStore.Projections;

/// <summary>What projections have done on this host since it was started. Shards are added up; rebuilds are told apart, because they say nothing about freshness.</summary>
internal sealed class ProjectionCounters(TimeProvider time)
{
    private Counter<long>? taken;
    private Counter<long>? failures;
    private Histogram<double>? freshness;

    public void Register(Meter meter)
    {
        taken = meter.CreateCounter<long>("monolith.projection.events", "{event}", "Events taken by a projection, by slot: live, or shadow for a rebuild.");
        failures = meter.CreateCounter<long>(
            "monolith.projection.failures", "{failure}", "Batches that a projection could not take, by reason: event for one that is at fault, outage for the database.");
        freshness = meter.CreateHistogram(
            "monolith.read_model.freshness",
            "s",
            "Time from an event to the commit of the read model that holds it, for the oldest event of each batch.",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600] });
    }

    /// <summary>Shows every counter at zero, so that the first failure is a step that a rate can see.</summary>
    public void Declare(ProjectionCatalog catalog)
    {
        foreach (var projection in catalog.All.Select(projection => Label(projection.Name)))
        {
            taken?.Add(0, projection, new("slot", "live"));
            failures?.Add(0, projection, new("reason", "event"));
            failures?.Add(0, projection, new("reason", "outage"));
        }
    }

    public void Taken(ProjectionShard key, IReadOnlyList<EventEnvelope> events)
    {
        if (events.Count > 0)
        {
            taken?.Add(events.Count, Label(key.Projection), new("slot", key.Slot));
            if (!key.IsShadow)
            {
                freshness?.Record(Math.Max(0, (time.GetUtcNow() - events[0].RecordedAt).TotalSeconds), Label(key.Projection));
            }
        }
    }

    public void Failed(ProjectionShard key, bool isOutage) => failures?.Add(1, Label(key.Projection), new("reason", isOutage ? "outage" : "event"));

    private static KeyValuePair<string, object?> Label(string projection) => new("projection", projection);
}
