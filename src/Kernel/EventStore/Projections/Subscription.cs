using Monolith.EventSourcing;

namespace Monolith.EventStore.Projections;

/// <summary>
/// A side effect for each event: a message published, a cache emptied, a mail sent. At least once and, per aggregate, in order: after a crash
/// the events since the last checkpoint come again, so tell repeats by <see cref="EventEnvelope.EventId"/>. A rebuild never runs it again.
/// </summary>
/// <param name="name">Unique in the host: <c>module.subscription</c>.</param>
public abstract class Subscription(string name) : Projection(name, version: 1)
{
    /// <summary>Where it begins when it runs for the first time; after that the checkpoint counts.</summary>
    public virtual StartFrom Start => StartFrom.Beginning;

    /// <summary>Does what is to be done for an event. What it throws is retried.</summary>
    public abstract Task Handle(EventEnvelope envelope, CancellationToken ct);

    internal const string KeepsNoRows = "it is a subscription, which keeps no rows";

    internal override StartFrom? SideEffectsFrom => Start;

    internal override string? WhyNotByTenant => KeepsNoRows;

    internal override string? WhyNotByAggregate => WhyNotByTenant;

    internal override void Check()
    {
    }

    internal override ProjectionWriter Writer(IViewStore? views) => new SubscriptionWriter(this);
}

/// <summary>Where a subscription begins.</summary>
public readonly record struct StartFrom
{
    private StartFrom(long? after) => After = after;

    /// <summary>With the first event of the store. The default is <see cref="Now"/>'s opposite on purpose: nothing is left out by accident.</summary>
    public static StartFrom Beginning { get; } = new(0);

    /// <summary>With the first event after the subscription was first seen by the database.</summary>
    public static StartFrom Now { get; } = new(null);

    /// <summary>The position after which it begins; null for the end of the feed.</summary>
    public long? After { get; }

    /// <summary>With the first event after a position.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The position is negative.</exception>
    public static StartFrom Position(long after)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        return new(after);
    }
}
