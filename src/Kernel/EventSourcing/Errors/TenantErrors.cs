namespace Monolith.EventSourcing;

/// <summary>The store knows no such tenant.</summary>
public sealed class UnknownTenantException(string tenantId)
    : EventSourcingException("unknown_tenant", $"There is no tenant '{tenantId}'.")
{
    /// <summary>The tenant asked for.</summary>
    public string TenantId { get; } = tenantId;
}

/// <summary>The tenant exists but is switched off: it can neither read nor write.</summary>
public sealed class TenantDisabledException(string tenantId)
    : EventSourcingException("tenant_disabled", $"The tenant '{tenantId}' is disabled.")
{
    /// <summary>The tenant.</summary>
    public string TenantId { get; } = tenantId;
}

/// <summary>
/// The tenant is being moved to another shard and cannot be written to at the moment, or not changed by an operator; it can be read. Nothing
/// was written.
/// </summary>
public sealed class TenantMovingException(string tenantId)
    : EventSourcingException("tenant_moving", $"The tenant '{tenantId}' is being moved; try again in a moment.")
{
    /// <summary>The tenant.</summary>
    public string TenantId { get; } = tenantId;

    /// <inheritdoc />
    public override bool IsTransient => true;
}

/// <summary>The tenant is being removed. Its id can be used again when that is done.</summary>
public sealed class TenantDroppingException(string tenantId)
    : EventSourcingException("tenant_dropping", $"The tenant '{tenantId}' is being dropped; its id can be used again when that is done.")
{
    /// <summary>The tenant.</summary>
    public string TenantId { get; } = tenantId;

    /// <inheritdoc />
    public override bool IsTransient => true;
}
