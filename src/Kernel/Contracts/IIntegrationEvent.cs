namespace Monolith.Contracts;

/// <summary>
/// A fact that a module tells the others: a record in its Contracts, made by its publisher of a stored event. It has everything that a consumer needs, because
/// the consumer cannot ask.
/// </summary>
/// <remarks>
/// It comes at least once to each consumer, and for one aggregate in order unless something fails on the way. So a consumer that keeps a copy compares
/// <see cref="Origin.Version"/> with that of its copy, and one that does something takes its ids from <see cref="Origin.EventId"/>. See <c>docs/messages.md</c>.
/// </remarks>
public interface IIntegrationEvent
{
    /// <summary>The stored event that it was made of.</summary>
    Origin Origin { get; }
}
