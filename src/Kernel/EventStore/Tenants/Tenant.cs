namespace Monolith.EventStore;

/// <summary>A tenant and where its rows lie.</summary>
/// <param name="Id">Lower-case letters, digits and hyphens, at most 63.</param>
/// <param name="Shard">The shard that holds its rows.</param>
/// <param name="IsActive">Whether it may read and write.</param>
/// <param name="CreatedAt">When it was added.</param>
public sealed record Tenant(string Id, string Shard, bool IsActive, DateTimeOffset CreatedAt);

/// <summary>Whether a tenant shares a shard.</summary>
public enum TenantPlacement
{
    /// <summary>In the pool shard with the fewest tenants.</summary>
    Pool,

    /// <summary>In a shard of its own, which can be moved or dropped by itself.</summary>
    Dedicated,
}
