namespace Monolith.EventStore.Projections;

/// <summary>How far a rebuild has come.</summary>
/// <param name="Projection">The projection.</param>
/// <param name="Version">The version of the projection that is being built.</param>
/// <param name="Shards">How many shards there are.</param>
/// <param name="ShardsDone">How many of them hold everything that was stored when the rebuild began.</param>
/// <param name="Events">How many events have been taken.</param>
/// <param name="EventsTotal">How many there were when it began; more may have come since.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="Elapsed">How long ago that was.</param>
/// <param name="IsPaused">Whether an operator has paused it.</param>
public sealed record RebuildProgress(
    string Projection, int Version, int Shards, int ShardsDone, long Events, long EventsTotal, DateTimeOffset StartedAt, TimeSpan Elapsed, bool IsPaused)
{
    /// <summary>Events a second since it began.</summary>
    public double Rate => Elapsed > TimeSpan.Zero ? Events / Elapsed.TotalSeconds : 0;

    /// <summary>How much longer it takes at that rate; null while nothing can be said.</summary>
    public TimeSpan? TimeLeft =>
        Events >= EventsTotal ? TimeSpan.Zero : Rate > 0 ? TimeSpan.FromSeconds((EventsTotal - Events) / Rate) : null;
}
