namespace Monolith.EventStore.Projections;

/// <summary>
/// Finds those that do not get on: who has had work, and has not taken a single step, for as long as it is looked at. A look that comes late, because the
/// process was stopped or the database was away, begins anew: nobody had a chance meanwhile. Not safe for concurrent use.
/// </summary>
internal sealed class StallWatch<TWatched>(TimeSpan after, TimeProvider time) where TWatched : notnull
{
    private Dictionary<TWatched, (long Steps, long Since)> seen = [];
    private long lastLook;

    /// <summary>Looks at everybody; who is not among them is forgotten.</summary>
    /// <returns>Those who have stalled, and for how long.</returns>
    public IReadOnlyList<(TWatched Watched, TimeSpan For)> Look(IEnumerable<(TWatched Watched, long Steps, bool HasWork)> all)
    {
        var now = time.GetTimestamp();
        var isLate = time.GetElapsedTime(lastLook, now) > after / 2;
        var next = new Dictionary<TWatched, (long, long)>();
        var stalled = new List<(TWatched, TimeSpan)>();
        foreach (var (watched, steps, hasWork) in all)
        {
            var stands = hasWork && !isLate && seen.TryGetValue(watched, out var before) && before.Steps == steps;
            var since = stands ? seen[watched].Since : now;
            next.Add(watched, (steps, since));
            if (stands && time.GetElapsedTime(since, now) >= after)
            {
                stalled.Add((watched, time.GetElapsedTime(since, now)));
            }
        }

        (seen, lastLook) = (next, now);
        return stalled;
    }
}
