namespace Monolith.EventStore.Projections;

/// <summary>Which kind of read model a projection makes.</summary>
public enum ProjectionKind
{
    /// <summary>Documents.</summary>
    Document,

    /// <summary>Rows of tables.</summary>
    Table,

    /// <summary>None: it has side effects.</summary>
    Subscription,
}

/// <summary>A projection and how it stands, on all hosts.</summary>
/// <param name="Projection">Its name.</param>
/// <param name="Kind">What it makes.</param>
/// <param name="Version">Its version in this process.</param>
/// <param name="RowsVersion">The version that made the rows which queries see; null when it has never run.</param>
/// <param name="AggregateTypes">The aggregate types whose events it reads.</param>
/// <param name="Shards">How many shards it runs on.</param>
/// <param name="ShardsOwned">On how many of them a host runs it now.</param>
/// <param name="IsPaused">Whether an operator has paused it.</param>
/// <param name="Parked">How many events are parked, those that wait behind another included.</param>
/// <param name="Rebuild">Its rebuild; null when there is none.</param>
public sealed record ProjectionOverview(
    string Projection,
    ProjectionKind Kind,
    int Version,
    int? RowsVersion,
    IReadOnlyList<string> AggregateTypes,
    int Shards,
    int ShardsOwned,
    bool IsPaused,
    long Parked,
    RebuildProgress? Rebuild);

/// <summary>How far a projection is behind on one shard, whoever runs it there.</summary>
/// <param name="Projection">The projection.</param>
/// <param name="Shard">The shard.</param>
/// <param name="Position">Everything up to this position is in the read model.</param>
/// <param name="Events">How many events it has still to take; counted up to <see cref="ProjectionLag.MostCounted"/>.</param>
/// <param name="Oldest">The age of the oldest of them; zero when there is none.</param>
/// <param name="Host">The host that runs it; null when none does.</param>
/// <param name="IsPaused">Whether an operator has paused it.</param>
/// <param name="UpdatedAt">When its checkpoint last changed.</param>
public sealed record ProjectionLag(
    string Projection, string Shard, long Position, long Events, TimeSpan Oldest, string? Host, bool IsPaused, DateTimeOffset UpdatedAt)
{
    /// <summary>More events than these are not counted: there are at least so many.</summary>
    public const int MostCounted = 100_000;

    /// <summary>Whether there are more events than were counted.</summary>
    public bool IsMore => Events >= MostCounted;
}
