using Monolith.EventSourcing;

namespace Monolith.EventStore.Projections;

/// <summary>A projection into documents: one view per key, folded event by event. The key is the aggregate's id, or ids taken from the event.</summary>
/// <typeparam name="TView">The document; an immutable record with an <c>Id</c>.</typeparam>
/// <param name="name">Unique in the host: <c>module.read_model</c>.</param>
/// <param name="version">Raise it when the fold changes.</param>
public abstract class DocumentProjection<TView>(string name, int version) : Projection(name, version) where TView : class
{
    /// <summary>The views that an event changes: the one of its aggregate, unless overridden; none to leave the event out. Pure.</summary>
    public virtual IEnumerable<Guid> Keys(EventEnvelope envelope) => [envelope.AggregateId];

    /// <summary>The view after one more event; null removes it. Pure.</summary>
    /// <param name="view">The view so far; null when there is none.</param>
    /// <param name="envelope">The event.</param>
    public abstract TView? Apply(TView? view, EventEnvelope envelope);
}
