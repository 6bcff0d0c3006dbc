using Monolith.EventSourcing;

namespace Monolith.EventStore;

/// <summary>
/// The tenants of the store, for operators. Whatever is changed here works at once on every running host. Two implementations:
/// <see cref="Tenants"/> are the store's own, and in a host that runs projections dropping a tenant removes its read models as well, and what else is registered as
/// <see cref="ITenantRows"/>.
/// </summary>
public interface ITenants
{
    /// <summary>Adds a tenant. Adding it again changes nothing, whatever the placement says.</summary>
    /// <param name="tenantId">Lower-case letters, digits, and hyphens inside; at most 63 characters.</param>
    /// <param name="placement">Where its rows are to lie.</param>
    /// <param name="ct">Stops the call.</param>
    /// <exception cref="ArgumentException">The id is malformed.</exception>
    /// <exception cref="TenantDroppingException">A tenant of this id is being dropped.</exception>
    Task Add(string tenantId, TenantPlacement placement = TenantPlacement.Pool, CancellationToken ct = default);

    /// <summary>
    /// Switches a tenant off: it can neither read nor write until it is enabled again. Nothing is lost. A tenant in the last step of a move is switched off
    /// when that has ended.
    /// </summary>
    /// <exception cref="UnknownTenantException">There is no such tenant.</exception>
    /// <exception cref="TenantMovingException">A move has not ended within <see cref="EventStoreOptions.LongestTenantMove"/>.</exception>
    Task Disable(string tenantId, CancellationToken ct = default);

    /// <summary>Switches a tenant on again; one that is moved meanwhile, when that has ended.</summary>
    /// <exception cref="UnknownTenantException">There is no such tenant, or it is being dropped.</exception>
    /// <exception cref="TenantMovingException">A move has not ended within <see cref="EventStoreOptions.LongestTenantMove"/>.</exception>
    Task Enable(string tenantId, CancellationToken ct = default);

    /// <summary>
    /// Removes a tenant and everything that is stored of it. From this call on it is unknown to everybody, and it cannot be had back. Cancelled or interrupted, it
    /// stays that way, and another call goes on where this one was; from several hosts at once is safe.
    /// </summary>
    /// <exception cref="UnknownTenantException">There is no such tenant.</exception>
    /// <exception cref="TenantMovingException">It is being moved, and that has not ended within <see cref="EventStoreOptions.LongestTenantMove"/>.</exception>
    /// <exception cref="OwnerRequiredException">The connections are not those of the schema's owner.</exception>
    Task Drop(string tenantId, CancellationToken ct = default);

    /// <summary>
    /// Counts the rows that <see cref="Drop"/> would remove, by table: exact, so it reads all of them. Also of a tenant that is being dropped: what is left of it.
    /// </summary>
    /// <exception cref="UnknownTenantException">There is no such tenant.</exception>
    Task<IReadOnlyList<TenantRows>> Rows(string tenantId, CancellationToken ct = default);

    /// <summary>
    /// Moves a tenant out of the pool into a shard of its own, or back, while hosts run. Reads go on; appends wait for the last step, which is short whatever the
    /// tenant's size. Nothing happens when it lies there already. Cancelled or interrupted, everything is as it was.
    /// </summary>
    /// <exception cref="UnknownTenantException">There is no such tenant.</exception>
    /// <exception cref="TenantMovingException">It is being moved already, and that has not ended within <see cref="EventStoreOptions.LongestTenantMove"/>.</exception>
    /// <exception cref="TenantNotMovedException">
    /// A transaction that has appended was open for longer, or a projection was too far behind; the message says which. Moving again is safe.
    /// </exception>
    /// <exception cref="OwnerRequiredException">The connections are not those of the schema's owner.</exception>
    Task Move(string tenantId, TenantPlacement placement, CancellationToken ct = default);

    /// <summary>All tenants, by id.</summary>
    Task<IReadOnlyList<Tenant>> List(CancellationToken ct = default);

    /// <summary>All shards, by name.</summary>
    Task<IReadOnlyList<string>> Shards(CancellationToken ct = default);
}
