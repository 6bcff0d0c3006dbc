namespace Monolith.EventStore.Projections;

/// <summary>What a projection is doing on a shard.</summary>
public enum ProjectionState
{
    /// <summary>It is getting ready.</summary>
    Starting,

    /// <summary>It reads stored events to catch up.</summary>
    CatchingUp,

    /// <summary>It has caught up and takes new events as they come.</summary>
    Live,

    /// <summary>Its last attempt failed; it waits to try again.</summary>
    Failing,

    /// <summary>It no longer runs here.</summary>
    Stopped,
}

/// <summary>How a projection is doing on one shard that this host runs.</summary>
/// <param name="Projection">The projection.</param>
/// <param name="IsRebuild">Whether this is a rebuild beside the live rows.</param>
/// <param name="Shard">The shard.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Position">Everything up to this position is in the read model.</param>
/// <param name="LagEvents">How many events it has still to take: counted when it is live, estimated while it catches up.</param>
/// <param name="Lag">The age of the oldest event that it has still to take; zero when there is none.</param>
/// <param name="LastError">The last failure since it last made progress; null when there was none.</param>
/// <param name="LastErrorAt">When that was.</param>
public sealed record ProjectionStatus(
    string Projection,
    bool IsRebuild,
    string Shard,
    ProjectionState State,
    long Position,
    long LagEvents,
    TimeSpan Lag,
    string? LastError,
    DateTimeOffset? LastErrorAt)
{
    /// <summary>How often this host has started it anew, because it had stalled.</summary>
    public int Restarts { get; init; }
}
