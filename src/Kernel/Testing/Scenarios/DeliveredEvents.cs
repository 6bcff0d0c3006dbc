using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Xunit;

namespace Monolith.Testing;

/// <summary>What a subscription was given of the events of a scenario: what it does with them is for the test to look at.</summary>
public sealed class DeliveredEvents
{
    private readonly Subscription subscription;
    private readonly IReadOnlyList<EventEnvelope> envelopes;

    private DeliveredEvents(Subscription subscription, IReadOnlyList<EventEnvelope> envelopes) => (this.subscription, this.envelopes) = (subscription, envelopes);

    internal static async Task<DeliveredEvents> To(Subscription subscription, IReadOnlyList<EventEnvelope> feed)
    {
        var delivered = new DeliveredEvents(
            subscription, [.. feed.Where(envelope => subscription.Events.Count == 0 || subscription.Events.Contains(envelope.Event.GetType()))]);
        await delivered.Deliver();
        return delivered;
    }

    /// <summary>It was given exactly these events, in this order. The others it does not read.</summary>
    public DeliveredEvents ThenDelivered(params object[] events)
    {
        Assert.Equal(events, envelopes.Select(envelope => envelope.Event));
        return this;
    }

    /// <summary>
    /// Everything delivered once more, each event twice, as after a crash, changes nothing of what it has done.
    /// </summary>
    /// <param name="effect">What it has done: anything that can be compared.</param>
    public async Task<DeliveredEvents> ThenRepeatsChangeNothing<TEffect>(Func<TEffect> effect)
    {
        ArgumentNullException.ThrowIfNull(effect);
        var before = effect();
        foreach (var envelope in envelopes)
        {
            await subscription.Handle(envelope, TestContext.Current.CancellationToken);
            await subscription.Handle(envelope, TestContext.Current.CancellationToken);
        }

        Assert.Equal(before, effect());
        return this;
    }

    private async Task Deliver()
    {
        foreach (var envelope in envelopes)
        {
            await subscription.Handle(envelope, TestContext.Current.CancellationToken);
        }
    }
}
