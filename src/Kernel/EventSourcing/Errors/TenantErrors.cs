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
