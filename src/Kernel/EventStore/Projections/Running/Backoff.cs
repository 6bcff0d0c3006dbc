namespace Monolith.EventStore.Projections;

/// <summary>Pauses that double with every failure in a row, each between half and all of its length, so that many who failed at once do not return at once.</summary>
internal readonly struct Backoff(TimeSpan first, TimeSpan longest, TimeProvider time)
{
    public Task Pause(int failures, CancellationToken ct)
    {
        var length = Math.Min(longest.TotalMilliseconds, first.TotalMilliseconds * Math.Pow(2, Math.Min(failures - 1, 30)));
        return Task.Delay(TimeSpan.FromMilliseconds(length * (0.5 + (Random.Shared.NextDouble() / 2))), time, ct);
    }
}
