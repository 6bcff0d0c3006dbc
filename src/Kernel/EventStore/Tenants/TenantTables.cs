using Monolith.EventStore.Projections;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>
/// The rows of tenants in all tables of some schemas that have a column <c>tenant_id</c>, whoever writes them: they are found in the database, so one that comes later, or
/// that nobody writes to any more, is not forgotten.
/// </summary>
/// <param name="schemas">The schemas. Those that do not exist have no rows.</param>
public sealed class TenantTables(IReadOnlyList<string> schemas) : ITenantRows
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<TenantRows>> Count(NpgsqlConnection connection, string tenantId, CancellationToken ct = default)
    {
        await using var command = Command(connection, "tenant_rows.sql", tenantId);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<TenantRows>();
        while (await reader.ReadAsync(ct))
        {
            rows.Add(new(reader.GetString(0), reader.GetInt64(1)));
        }

        return rows;
    }

    /// <inheritdoc/>
    public async Task<int> Remove(NpgsqlConnection connection, string tenantId, int limit, CancellationToken ct = default)
    {
        await using var command = Command(connection, "erase_tenant_from_schemas.sql", tenantId);
        command.Parameters.Add(Parameters.Of(limit));
        return (int)(await command.ExecuteScalarAsync(ct))!;
    }

    private NpgsqlCommand Command(NpgsqlConnection connection, string file, string tenantId) => new(Statements.Text(file), connection)
    {
        CommandTimeout = 0,
        Parameters = { Parameters.Of(tenantId), Parameters.Of(schemas.ToArray()) },
    };
}
