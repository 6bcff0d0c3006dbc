namespace Monolith.EventStore;

/// <summary>A tenant and where its rows lie.</summary>
/// <param name="Id">Lower-case letters, digits and hyphens, at most 63.</param>
/// <param name="Shard">The shard that holds its rows.</param>
/// <param name="Placement">Whether other tenants lie there too.</param>
/// <param name="Status">What may be done with it.</param>
/// <param name="CreatedAt">When it was added.</param>
public sealed record Tenant(string Id, string Shard, TenantPlacement Placement, TenantStatus Status, DateTimeOffset CreatedAt)
{
    /// <summary>Whether it may be read and written, the latter after a short wait when it is being moved.</summary>
    public bool IsActive => Status is TenantStatus.Active or TenantStatus.Moving;
}

/// <summary>Whether a tenant shares a shard.</summary>
public enum TenantPlacement
{
    /// <summary>In the pool shard with the fewest tenants.</summary>
    Pool,

    /// <summary>In a shard of its own, which can be moved or dropped by itself.</summary>
    Dedicated,
}

/// <summary>What may be done with a tenant.</summary>
public enum TenantStatus
{
    /// <summary>Everything.</summary>
    Active,

    /// <summary>Nothing, until it is enabled.</summary>
    Disabled,

    /// <summary>It is in the last step of a move: it can be read, and appends wait.</summary>
    Moving,

    /// <summary>It is being removed: it is unknown to everybody but <see cref="ITenants.Drop"/>.</summary>
    Dropping,
}
