using Monolith.EventSourcing;

namespace Monolith.EventStore.Projections;

/// <summary>An event that a projection could not take. It waits for an operator, and the later events of its aggregate wait behind it.</summary>
/// <param name="Projection">The projection.</param>
/// <param name="IsOfRebuild">Whether it was parked by a rebuild, and not in the live rows.</param>
/// <param name="Shard">The shard.</param>
/// <param name="Position">The position of the event, by which it is retried or skipped.</param>
/// <param name="Stream">Its aggregate.</param>
/// <param name="Version">Its version there.</param>
/// <param name="EventId">Its id.</param>
/// <param name="EventType">Its stored name.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Error">What went wrong the last time.</param>
/// <param name="ParkedAt">When it was parked.</param>
/// <param name="RetryAt">When an operator asked to try again, while that is still to be done.</param>
/// <param name="Waiting">How many later events of the aggregate wait behind it.</param>
public sealed record ParkedEvent(
    string Projection,
    bool IsOfRebuild,
    string Shard,
    long Position,
    StreamId Stream,
    long Version,
    Guid EventId,
    string EventType,
    int Attempts,
    string Error,
    DateTimeOffset ParkedAt,
    DateTimeOffset? RetryAt,
    long Waiting);
