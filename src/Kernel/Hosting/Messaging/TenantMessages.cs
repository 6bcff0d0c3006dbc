using System.Text;
using Monolith.EventStore;
using Npgsql;
using Wolverine.Runtime.Serialization;

namespace Monolith.Hosting;

/// <summary>
/// The messages of tenants: those that wait, rest, were handled a moment ago, or are dead. Wolverine keeps the tenant inside the message, as one of its headers: rows that hold
/// it as that header is written are looked for in the database, and each is read before it is removed.
/// </summary>
internal sealed class TenantMessages : ITenantRows
{
    private static readonly (string Table, string Kind)[] Tables =
    [
        ("wolverine_incoming_envelopes", "messages in queues"),
        ("wolverine_outgoing_envelopes", "messages on their way out"),
        ("wolverine_dead_letters", "dead letters"),
    ];

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TenantRows>> Count(NpgsqlConnection connection, string tenantId, CancellationToken ct = default)
    {
        var rows = new List<TenantRows>();
        foreach (var (table, kind) in Tables)
        {
            await using var command = Command(connection, "count_tenant_messages.sql", table, new NpgsqlParameter<byte[]> { TypedValue = Header(tenantId) });
            if (await command.ExecuteScalarAsync(ct) is long count and > 0)
            {
                rows.Add(new(kind, count));
            }
        }

        return rows;
    }

    /// <inheritdoc/>
    public async Task<int> Remove(NpgsqlConnection connection, string tenantId, int limit, CancellationToken ct = default)
    {
        var removed = 0;
        foreach (var (table, _) in Tables)
        {
            removed += removed < limit ? await Remove(connection, table, tenantId, limit - removed, ct) : 0;
        }

        return removed;
    }

    private static async Task<int> Remove(NpgsqlConnection connection, string table, string tenantId, int limit, CancellationToken ct)
    {
        // A message has the same id in each of its queues, and one tenant.
        var (ids, last, found) = (new HashSet<Guid>(), Guid.Empty, limit);
        while (ids.Count < limit && found == limit)
        {
            await using var find = Command(
                connection,
                "find_tenant_messages.sql",
                table,
                new NpgsqlParameter<byte[]> { TypedValue = Header(tenantId) },
                new NpgsqlParameter<Guid> { TypedValue = last },
                new NpgsqlParameter<int> { TypedValue = limit });
            await using var reader = await find.ExecuteReaderAsync(ct);
            for (found = 0; await reader.ReadAsync(ct); found++)
            {
                last = reader.GetGuid(0);
                if (ids.Count < limit && EnvelopeSerializer.Deserialize(reader.GetFieldValue<byte[]>(1)).TenantId == tenantId)
                {
                    ids.Add(last);
                }
            }
        }

        await using var remove = Command(connection, "remove_messages.sql", table, new NpgsqlParameter<Guid[]> { TypedValue = [.. ids] });
        await remove.ExecuteNonQueryAsync(ct);
        return ids.Count;
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string file, string table, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlCommand(ReadModelStatements.Text(file).Replace("{table}", table, StringComparison.Ordinal), connection) { CommandTimeout = 0 };
        command.Parameters.AddRange(parameters);
        return command;
    }

    // As Wolverine writes a header: two strings, each behind its length.
    private static byte[] Header(string tenantId)
    {
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write("tenant-id");
            writer.Write(tenantId);
        }

        return bytes.ToArray();
    }
}
