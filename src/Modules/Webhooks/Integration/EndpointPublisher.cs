using Monolith.Contracts;
using Monolith.Hosting;
using Monolith.Webhooks.Domain;
using Told = Monolith.Webhooks.Contracts.Events;

namespace Monolith.Webhooks.Integration;

/// <summary>What other modules, and this one itself, hear of endpoints.</summary>
public sealed class EndpointPublisher : Publisher
{
    /// <summary>The publisher <c>webhooks.publisher</c>.</summary>
    public EndpointPublisher() : base("webhooks.publisher")
    {
        Reads<Endpoint>();
        On((EndpointPaused e, Origin origin) => new Told.EndpointPaused(origin.AggregateId, e.Reason, e.ByItself, origin));
        On((EndpointResumed _, Origin origin) => new Told.EndpointResumed(origin.AggregateId, origin));
    }
}
