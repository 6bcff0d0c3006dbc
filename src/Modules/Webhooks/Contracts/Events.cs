using Monolith.Contracts;

namespace Monolith.Webhooks.Contracts.Events;

// A field may be added, nullable or with a default; never renamed, never removed, never given another meaning: a new name is a new event.

/// <summary>Nothing is delivered to the endpoint until it is resumed.</summary>
/// <param name="EndpointId">The endpoint.</param>
/// <param name="Reason">Why.</param>
/// <param name="ByItself">Whether it was paused because it failed for long, and not by somebody.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("webhooks.endpoint_paused")]
public sealed record EndpointPaused(Guid EndpointId, string Reason, bool ByItself, Origin Origin) : IIntegrationEvent;

/// <summary>What waited for the endpoint is delivered now, and what comes.</summary>
/// <param name="EndpointId">The endpoint.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("webhooks.endpoint_resumed")]
public sealed record EndpointResumed(Guid EndpointId, Origin Origin) : IIntegrationEvent;
