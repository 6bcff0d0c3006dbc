using Monolith.EventSourcing;

namespace Monolith.EventStore;

/// <summary>
/// A move was given up because something that it has to wait for took too long. Everything is as it was before; moving again is safe, and succeeds once
/// that has ended.
/// </summary>
public sealed class TenantNotMovedException(string tenantId, string reason)
    : EventSourcingException("tenant_not_moved", $"The tenant '{tenantId}' was not moved: {reason}.")
{
    /// <summary>The tenant.</summary>
    public string TenantId { get; } = tenantId;

    /// <inheritdoc />
    public override bool IsTransient => true;
}
