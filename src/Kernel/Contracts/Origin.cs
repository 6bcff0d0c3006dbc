namespace Monolith.Contracts;

/// <summary>Which stored event an integration event was made of. The same event gives the same origin, however often it is published.</summary>
/// <param name="TenantId">The tenant whose fact it is.</param>
/// <param name="EventId">The id of the stored event: the key by which a consumer tells a repeat.</param>
/// <param name="AggregateType">The stored name of the aggregate's type.</param>
/// <param name="AggregateId">The aggregate that it happened to.</param>
/// <param name="Version">
/// The aggregate's version with it: facts of one aggregate are in order by it. It rises, with holes where events are not published.
/// </param>
/// <param name="Position">Its place in the feed of all events, by which a consumer may wait for read models of the publishing module.</param>
/// <param name="RecordedAt">When the store accepted it.</param>
public sealed record Origin(string TenantId, Guid EventId, string AggregateType, Guid AggregateId, long Version, long Position, DateTimeOffset RecordedAt);
