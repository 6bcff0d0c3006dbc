namespace Monolith.EventStore;

/// <summary>What is stored of one tenant of one aggregate type.</summary>
/// <param name="AggregateType">The type.</param>
/// <param name="Events">How many events, the archived ones included.</param>
/// <param name="Streams">How many streams they belong to.</param>
/// <param name="ArchivedEvents">How many of the events lie in the archive.</param>
/// <param name="DataBytes">The size of the events' data and metadata as stored, without indexes.</param>
public sealed record TenantContent(string AggregateType, long Events, long Streams, long ArchivedEvents, long DataBytes);
