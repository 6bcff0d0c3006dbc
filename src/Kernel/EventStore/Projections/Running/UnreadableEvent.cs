using Monolith.EventSourcing;

namespace Monolith.EventStore.Projections;

/// <summary>Stands in an envelope for an event that could not be read, so that one of them fails by itself and not everything that is read with it.</summary>
/// <param name="Problem">Why it cannot be read.</param>
/// <param name="ClrType">What it would be; null when no type declares its stored name.</param>
internal sealed record UnreadableEvent(Exception Problem, Type? ClrType)
{
    /// <summary>Throws when one of the events is unreadable.</summary>
    /// <exception cref="ProjectionFailedException">It names the event.</exception>
    public static void Refuse(Projection projection, IReadOnlyList<EventEnvelope> events)
    {
        if (events.FirstOrDefault(envelope => envelope.Event is UnreadableEvent) is { Event: UnreadableEvent unreadable } envelope)
        {
            throw new ProjectionFailedException(projection.Name, envelope, unreadable.Problem);
        }
    }
}
