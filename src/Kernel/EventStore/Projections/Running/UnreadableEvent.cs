namespace Monolith.EventStore.Projections;

/// <summary>Stands in an envelope for an event that could not be read, so that one of them fails by itself and not everything that is read with it.</summary>
/// <param name="Problem">Why it cannot be read.</param>
/// <param name="ClrType">What it would be; null when no type declares its stored name.</param>
internal sealed record UnreadableEvent(Exception Problem, Type? ClrType);
