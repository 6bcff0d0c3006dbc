using System.Diagnostics.Metrics;

namespace Monolith.EventStore.Projections;

/// <summary>The instruments of projections. The label is the projection; shards are added up, so that labels stay few.</summary>
internal static class ProjectionMetrics
{
    public static void Register(Meter meter, Func<IReadOnlyList<ProjectionStatus>> statuses)
    {
        meter.CreateObservableGauge(
            "monolith.projection.lag",
            () => ByProjection(statuses(), shards => shards.Sum(shard => shard.LagEvents)),
            "{event}",
            "Events that a projection has still to take, on the shards of this host; an estimate while it catches up.");
        meter.CreateObservableGauge(
            "monolith.projection.lag.time",
            () => ByProjection(statuses(), shards => shards.Max(shard => shard.Lag.TotalSeconds)),
            "s",
            "Age of the oldest event that a projection has still to take, on the shards of this host.");
        meter.CreateObservableGauge(
            "monolith.projection.failing",
            () => ByProjection(statuses(), shards => shards.Count(shard => shard.State == ProjectionState.Failing)),
            "{shard}",
            "Shards of this host on which a projection fails at the moment.");
    }

    private static IEnumerable<Measurement<T>> ByProjection<T>(IReadOnlyList<ProjectionStatus> statuses, Func<IEnumerable<ProjectionStatus>, T> value)
        where T : struct =>
        statuses
            .GroupBy(status => status.Projection, StringComparer.Ordinal)
            .Select(group => new Measurement<T>(value(group), new KeyValuePair<string, object?>("projection", group.Key)));
}
