namespace Monolith.EventStore.Projections;

/// <summary>
/// How fast rebuilds are: over what this process has seen of them in the last half minute, because an average since they began would count the night in which one
/// was paused. Safe for concurrent use.
/// </summary>
internal sealed class RebuildRates(TimeProvider time)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, Queue<Sample>> samples = new(StringComparer.Ordinal);

    /// <summary>The same rebuilds with their rates; the average since the beginning for one that was not seen before.</summary>
    /// <param name="rebuilds">The rebuilds as they are now.</param>
    /// <param name="areAll">Whether there are no others.</param>
    public IReadOnlyList<RebuildProgress> Of(IReadOnlyList<RebuildProgress> rebuilds, bool areAll)
    {
        lock (samples)
        {
            if (areAll)
            {
                var names = rebuilds.Select(rebuild => rebuild.Projection).ToHashSet(StringComparer.Ordinal);
                foreach (var gone in samples.Keys.Where(name => !names.Contains(name)).ToList())
                {
                    samples.Remove(gone);
                }
            }

            return [.. rebuilds.Select(rebuild => rebuild with { Rate = Rate(rebuild) })];
        }
    }

    private double Rate(RebuildProgress rebuild)
    {
        if (!samples.TryGetValue(rebuild.Projection, out var seen))
        {
            samples.Add(rebuild.Projection, seen = []);
        }

        // One that began anew, or takes up again after a rest, has no past.
        var now = time.GetTimestamp();
        if (rebuild.IsPaused || (seen.TryPeek(out var first) && (first.StartedAt != rebuild.StartedAt || first.Events > rebuild.Events)))
        {
            seen.Clear();
        }

        while (seen.Count > 1 && time.GetElapsedTime(seen.Peek().At, now) > Longest)
        {
            seen.Dequeue();
        }

        var rate = rebuild.IsPaused ? 0
            : seen.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At, now) is var span && span >= Shortest ? (rebuild.Events - oldest.Events) / span.TotalSeconds
            : rebuild.Rate;
        if (!rebuild.IsPaused && (seen.Count == 0 || time.GetElapsedTime(seen.Last().At, now) >= Shortest))
        {
            seen.Enqueue(new(now, rebuild.StartedAt, rebuild.Events));
        }

        return rate;
    }

    private readonly record struct Sample(long At, DateTimeOffset StartedAt, long Events);
}
