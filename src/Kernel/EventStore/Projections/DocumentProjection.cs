using Monolith.EventSourcing;

namespace Monolith.EventStore.Projections;

/// <summary>A projection into documents: one view per key, folded event by event. The key is the aggregate's id, or ids taken from the event.</summary>
/// <typeparam name="TView">The document; an immutable record with an <c>Id</c>.</typeparam>
/// <param name="name">Unique in the host: <c>module.read_model</c>.</param>
/// <param name="version">Raise it when the fold changes.</param>
public abstract class DocumentProjection<TView>(string name, int version) : DocumentProjection<TView, Guid>(name, version) where TView : class
{
    /// <summary>The views that an event changes: the one of its aggregate, unless overridden; none to leave the event out. Pure.</summary>
    public override IEnumerable<Guid> Keys(EventEnvelope envelope) => [envelope.AggregateId];

    internal override string? WhyNotByAggregate =>
        GetType().GetMethod(nameof(Keys), [typeof(EventEnvelope)])!.DeclaringType == typeof(DocumentProjection<TView>) ? WhyNotByTenant : base.WhyNotByAggregate;
}

/// <summary>
/// A projection into documents whose keys are taken from the event: one event may change many views, and many aggregates may change one view.
/// Views of different tenants never meet, whatever their keys.
/// </summary>
/// <typeparam name="TView">The document; an immutable record with an <c>Id</c> of type <typeparamref name="TKey"/>.</typeparam>
/// <typeparam name="TKey">The type of the keys: <see cref="Guid"/>, <see cref="string"/>, <see cref="int"/> or <see cref="long"/>.</typeparam>
/// <param name="name">Unique in the host: <c>module.read_model</c>.</param>
/// <param name="version">Raise it when the fold changes.</param>
public abstract class DocumentProjection<TView, TKey>(string name, int version) : Projection(name, version)
    where TView : class
    where TKey : notnull
{
    /// <summary>The keys of the views that an event changes; none to leave it out. A key named twice counts once. Pure.</summary>
    public abstract IEnumerable<TKey> Keys(EventEnvelope envelope);

    /// <summary>The view after one more event; null removes it. Pure: the view given is never changed, a new one is returned.</summary>
    /// <param name="view">The view so far; null when there is none.</param>
    /// <param name="envelope">The event.</param>
    public abstract TView? Apply(TView? view, EventEnvelope envelope);

    /// <summary>The view of one key after one more event. Override it when a view needs to know for which of the event's keys it is folded.</summary>
    /// <param name="key">The key.</param>
    /// <param name="view">The view so far; null when there is none.</param>
    /// <param name="envelope">The event.</param>
    public virtual TView? Apply(TKey key, TView? view, EventEnvelope envelope) => Apply(view, envelope);

    /// <summary>
    /// Declares that the views must never lag: an append of what is read applies the projection in its own transaction, so events and views are stored together or
    /// not at all. For the rare view that needs it: such an append takes four more round trips, goes by itself, fails when the fold does, and waits for others that
    /// change the same views.
    /// </summary>
    /// <remarks>
    /// The views are built from what is stored before appends begin to write them: at the first start, after the version was raised, and when an operator rebuilds
    /// them. See <c>docs/projections.md</c>.
    /// </remarks>
    protected void Inline() => IsInline = true;

    internal override void Check() => ViewIdentity<TView, TKey>.Check(Name);

    internal override Type? ViewType => typeof(TView);

    internal override string? WhyNotByTenant => IsInline ? WrittenByAppends : null;

    internal override string? WhyNotByAggregate => WhyNotByTenant ?? "its keys are taken from the events, so several aggregates may feed one view";

    internal override ProjectionWriter Writer(IViewStore? views) => new DocumentWriter<TView, TKey>(
        this, views ?? throw new InvalidModelException($"The projection '{Name}' makes documents, and there is no store for them: register an {nameof(IViewStore)}."));
}
