using System.Diagnostics.Metrics;

namespace Monolith.EventStore.Projections;

/// <summary>The instruments of projections. The label is the projection; shards are added up, so that labels stay few.</summary>
internal static class ProjectionMetrics
{
    public static void Register(
        Meter meter,
        Func<IReadOnlyList<ProjectionStatus>> statuses,
        Func<IReadOnlyDictionary<string, long>> parked,
        Func<IEnumerable<KeyValuePair<string, long>>> restarts,
        Func<IReadOnlyList<RebuildProgress>> rebuilds)
    {
        meter.CreateObservableGauge(
            "monolith.projection.lag",
            () => ByProjection(statuses(), isRebuild: false, shards => shards.Sum(shard => shard.LagEvents)),
            "{event}",
            "Events that a projection has still to take, on the shards of this host; an estimate while it catches up.");
        meter.CreateObservableGauge(
            "monolith.projection.lag.time",
            () => ByProjection(statuses(), isRebuild: false, shards => shards.Max(shard => shard.Lag.TotalSeconds)),
            "s",
            "Age of the oldest event that a projection has still to take, on the shards of this host.");
        meter.CreateObservableGauge(
            "monolith.projection.failing",
            () => ByProjection(statuses(), isRebuild: false, shards => shards.Count(shard => shard.State == ProjectionState.Failing)),
            "{shard}",
            "Shards of this host on which a projection fails at the moment.");
        meter.CreateObservableGauge(
            "monolith.projection.rebuild.lag",
            () => ByProjection(statuses(), isRebuild: true, shards => shards.Sum(shard => shard.LagEvents)),
            "{event}",
            "Events that a rebuild has still to take, on the shards of this host.");
        meter.CreateObservableGauge(
            "monolith.projection.rebuild.events",
            () => rebuilds().Select(rebuild => new Measurement<long>(rebuild.Events, Label(rebuild.Projection))),
            "{event}",
            "Events that a running rebuild has taken, as of the last heartbeat; the same on every host.");
        meter.CreateObservableGauge(
            "monolith.projection.rebuild.size",
            () => rebuilds().Select(rebuild => new Measurement<long>(rebuild.EventsTotal, Label(rebuild.Projection))),
            "{event}",
            "Events that a running rebuild had before it when it began; the same on every host.");
        meter.CreateObservableGauge(
            "monolith.projection.rebuild.rate",
            () => rebuilds().Select(rebuild => new Measurement<double>(rebuild.Rate, Label(rebuild.Projection))),
            "{event}/s",
            "Events a second that a running rebuild takes, over the last half minute; the same on every host.");
        meter.CreateObservableGauge(
            "monolith.projection.rebuild.time_left",
            () => rebuilds()
                .Where(rebuild => rebuild.TimeLeft is not null)
                .Select(rebuild => new Measurement<double>(rebuild.TimeLeft!.Value.TotalSeconds, Label(rebuild.Projection))),
            "s",
            "How much longer a running rebuild takes at that rate, where that can be said; the same on every host.");
        meter.CreateObservableGauge(
            "monolith.projection.parked",
            () => parked().Select(projection => new Measurement<long>(projection.Value, Label(projection.Key))),
            "{event}",
            "Events that a projection could not take, or that wait behind one, as of the last heartbeat; the same on every host.");
        meter.CreateObservableCounter(
            "monolith.projection.restarts",
            () => restarts().Select(projection => new Measurement<long>(projection.Value, Label(projection.Key))),
            "{restart}",
            "How often this host has started a projection anew that had stalled.");
    }

    private static IEnumerable<Measurement<T>> ByProjection<T>(
        IReadOnlyList<ProjectionStatus> statuses, bool isRebuild, Func<IEnumerable<ProjectionStatus>, T> value)
        where T : struct =>
        statuses
            .Where(status => status.IsRebuild == isRebuild)
            .GroupBy(status => status.Projection, StringComparer.Ordinal)
            .Select(group => new Measurement<T>(value(group), Label(group.Key)));

    private static KeyValuePair<string, object?> Label(string projection) => new("projection", projection);
}
