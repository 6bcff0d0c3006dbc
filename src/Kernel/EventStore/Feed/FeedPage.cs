using Monolith.EventSourcing;

namespace Monolith.EventStore;

/// <summary>A part of the feed.</summary>
/// <param name="Events">The events, in position order.</param>
/// <param name="LastPosition">How far the part reaches: the checkpoint of a reader that has dealt with all of it, foreign events included.</param>
public sealed record FeedPage(IReadOnlyList<EventEnvelope> Events, long LastPosition);
