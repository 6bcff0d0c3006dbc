using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>
/// A side effect that the same database keeps: rows of somebody else, written in the transaction that moves the checkpoint. So each event has its effects
/// exactly once, whatever crashes, and per aggregate in order. A rebuild never runs it again, unless it is asked for by name.
/// </summary>
/// <typeparam name="TEffect">What an event becomes, before it is written.</typeparam>
/// <param name="name">Unique in the host: <c>module.subscription</c>.</param>
public abstract class TransactionalSubscription<TEffect>(string name) : Projection(name, version: 1)
{
    /// <summary>Where it begins when it runs for the first time; after that the checkpoint counts.</summary>
    public virtual StartFrom Start => StartFrom.Beginning;

    /// <summary>What an event becomes; none to leave it out. What it throws is retried, and then parks the event and the later ones of its aggregate.</summary>
    protected internal abstract IEnumerable<TEffect> Effects(EventEnvelope envelope);

    /// <summary>Writes the effects of several events, in order, and leaves the transaction open.</summary>
    protected internal abstract Task Write(IReadOnlyList<TEffect> effects, NpgsqlTransaction transaction, CancellationToken ct);

    /// <summary>The effects are stored. Should the process die before this is called, they are stored all the same.</summary>
    protected internal virtual Task Committed(IReadOnlyList<TEffect> effects) => Task.CompletedTask;

    /// <summary>
    /// The connection broke while the effects were committed: they are stored or they are not. If not, they are made and written again; if they are, this is the last
    /// that is heard of them.
    /// </summary>
    protected internal virtual Task InDoubt(IReadOnlyList<TEffect> effects) => Task.CompletedTask;

    /// <summary>Throws <see cref="InvalidModelException"/> unless it can run: called once, when the host's projections are collected.</summary>
    protected virtual void Validate()
    {
    }

    internal override StartFrom? SideEffectsFrom => Start;

    internal override string? WhyNotByTenant => Subscription.KeepsNoRows;

    internal override string? WhyNotByAggregate => WhyNotByTenant;

    internal override void Check() => Validate();

    internal override ProjectionWriter Writer(IViewStore? views) => new TransactionalWriter<TEffect>(this);
}
