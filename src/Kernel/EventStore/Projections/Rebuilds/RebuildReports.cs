using Microsoft.Extensions.Logging;

namespace Monolith.EventStore.Projections;

/// <summary>Says in the log how far rebuilds are: one line at a time, and not before the last is old enough. Several take turns.</summary>
internal sealed partial class RebuildReports(TimeSpan every, ILogger logger, TimeProvider time)
{
    private long? last;
    private string? lastProjection;

    /// <summary>Reports on one of these rebuilds, if it is time to.</summary>
    public void Tell(IReadOnlyList<RebuildProgress> rebuilds)
    {
        var running = rebuilds.Where(rebuild => !rebuild.IsPaused).OrderBy(rebuild => rebuild.Projection, StringComparer.Ordinal).ToList();
        if (running.Count == 0 || (last is { } before && time.GetElapsedTime(before) < every))
        {
            return;
        }

        var next = running.Find(rebuild => string.CompareOrdinal(rebuild.Projection, lastProjection) > 0) ?? running[0];
        (last, lastProjection) = (time.GetTimestamp(), next.Projection);
        if (next.TimeLeft is { } left)
        {
            LogProgress(next.Projection, next.Events, next.EventsTotal, next.Rate, TimeSpan.FromSeconds(Math.Ceiling(left.TotalSeconds)));
        }
        else
        {
            LogBeginning(next.Projection, next.Events, next.EventsTotal);
        }
    }

    [LoggerMessage(
        53,
        LogLevel.Information,
        "The rebuild of the projection {Projection} has taken {Events:n0} of {EventsTotal:n0} events, {Rate:n0} a second: {TimeLeft} left.")]
    private partial void LogProgress(string projection, long events, long eventsTotal, double rate, TimeSpan timeLeft);

    [LoggerMessage(54, LogLevel.Information, "The rebuild of the projection {Projection} has taken {Events:n0} of {EventsTotal:n0} events.")]
    private partial void LogBeginning(string projection, long events, long eventsTotal);
}
