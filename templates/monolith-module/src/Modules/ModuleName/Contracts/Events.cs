using Monolith.Contracts;

namespace Monolith.ModuleName.Contracts.Events;

// A field may be added, nullable or with a default; never renamed, never removed, never given another meaning: a new name is a new event.

/// <summary>One came to be.</summary>
/// <param name="Id">Which one.</param>
/// <param name="Title">What it is called.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("modulename.aggregate_name_created")]
public sealed record AggregateNameCreated(Guid Id, string Title, Origin Origin) : IIntegrationEvent;

/// <summary>It is called something else now.</summary>
/// <param name="Id">Which one.</param>
/// <param name="Title">What it is called.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("modulename.aggregate_name_renamed")]
public sealed record AggregateNameRenamed(Guid Id, string Title, Origin Origin) : IIntegrationEvent;
