using Npgsql;

namespace Monolith.EventStore;

/// <summary>
/// Rows of tenants in tables that are not the store's. Those among the services go with a tenant that is dropped, in a host with projections. Two implementations:
/// <see cref="TenantTables"/>, for tables with a column <c>tenant_id</c>, and whoever keeps the tenant in another way.
/// </summary>
/// <remarks>
/// Whoever writes such rows otherwise than beside an append enters the tenant first, in the same transaction, by <see cref="TenantEntrance"/>. Without that a row may come
/// after the drop.
/// </remarks>
public interface ITenantRows
{
    /// <summary>Counts them, by what they are; what there is none of is left out.</summary>
    Task<IReadOnlyList<TenantRows>> Count(NpgsqlConnection connection, string tenantId, CancellationToken ct = default);

    /// <summary>Removes some, in the transaction of the connection. A drop that was interrupted begins anew with it.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="limit">The most rows.</param>
    /// <param name="ct">Stops it.</param>
    /// <returns>How many; fewer than the limit when there are no more.</returns>
    Task<int> Remove(NpgsqlConnection connection, string tenantId, int limit, CancellationToken ct = default);
}

/// <summary>How many rows a tenant has of one kind.</summary>
/// <param name="Kind">The table with its schema, or what the rows are.</param>
/// <param name="Rows">How many.</param>
public sealed record TenantRows(string Kind, long Rows);
