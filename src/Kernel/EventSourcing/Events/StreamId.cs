namespace Monolith.EventSourcing;

/// <summary>The identity of one aggregate's events: the same aggregate id in two tenants is two streams.</summary>
/// <param name="TenantId">The tenant that owns the stream.</param>
/// <param name="AggregateType">The stored name of the aggregate type.</param>
/// <param name="AggregateId">The aggregate.</param>
public readonly record struct StreamId(string TenantId, string AggregateType, Guid AggregateId)
{
    /// <summary>The form used in messages and logs: <c>tenant/type/id</c>.</summary>
    public override string ToString() => $"{TenantId}/{AggregateType}/{AggregateId}";
}
