using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>
/// How a transaction that writes rows of a tenant without appending makes sure that none is left of a tenant that is dropped meanwhile: the drop waits for the end of those
/// that have entered, and whoever comes later is refused.
/// </summary>
public static class TenantEntrance
{
    /// <summary>The question of <see cref="Enter"/> as SQL, with the tenant as <c>$1</c>, for a batch that has other statements too: false means that there is no such tenant.</summary>
    public static string Sql { get; } = Statements.Text("enter_tenant.sql");

    /// <summary>Enters a tenant in a transaction.</summary>
    /// <exception cref="UnknownTenantException">There is no such tenant, or it is being dropped.</exception>
    public static async Task Enter(NpgsqlTransaction transaction, string tenantId, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        await using var command = new NpgsqlCommand(Sql, transaction.Connection, transaction) { Parameters = { Parameters.Of(tenantId) } };
        if (await PostgresErrors.Translate(command.ExecuteScalarAsync(ct)) is not true)
        {
            throw new UnknownTenantException(tenantId);
        }
    }
}
