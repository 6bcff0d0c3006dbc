using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>The statements that the parts of a rebuild share.</summary>
internal static class RebuildStatements
{
    /// <summary>Locks the checkpoints of a projection, in one order everywhere: batches on their way end first, later ones wait.</summary>
    public static async Task<List<LockedRow>> Lock(NpgsqlConnection connection, string projection, string[] slots, string? shard, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Statements.Text("checkpoints_lock.sql"), connection);
        command.Parameters.Add(Parameters.Of(projection));
        command.Parameters.Add(Parameters.Of(slots));
        command.Parameters.Add(Parameters.OfNullable(shard));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<LockedRow>();
        while (await reader.ReadAsync(ct))
        {
            rows.Add(new(
                reader.GetString(0) == ProjectionShard.Shadow,
                reader.GetString(1),
                reader.GetInt32(2),
                reader.GetInt64(3),
                reader.GetBoolean(4),
                reader.GetBoolean(5),
                reader.IsDBNull(6) ? null : reader.GetString(6)));
        }

        return rows;
    }

    /// <summary>
    /// The shard of a tenant, active or not; null when there is none, or it is being dropped. It stays that as long as the caller's transaction holds the
    /// checkpoints of the shard, which a move and a drop lock too.
    /// </summary>
    public static async Task<string?> ShardOf(NpgsqlConnection connection, string tenantId, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Statements.Text("place_of_tenant.sql"), connection);
        command.Parameters.Add(Parameters.Of(tenantId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) && reader.GetString(2) != "dropping" ? reader.GetString(0) : null;
    }

    /// <summary>Locks the live checkpoint of a tenant's shard.</summary>
    /// <returns>The shard, and its checkpoint if there is one yet.</returns>
    /// <exception cref="UnknownTenantException">There is no such tenant.</exception>
    public static async Task<(string Shard, LockedRow? Live)> LockLiveOf(NpgsqlConnection connection, string projection, string tenantId, CancellationToken ct)
    {
        LockedRow? live = null;
        for (string? shard = null; ;)
        {
            var place = await ShardOf(connection, tenantId, ct) ?? throw new UnknownTenantException(tenantId);
            if (place == shard)
            {
                return (shard, live);
            }

            shard = place;
            live = (await Lock(connection, projection, [ProjectionShard.Live], shard, ct)).FirstOrDefault();
        }
    }

    /// <summary>Throws unless live rows were made by this very version, so that some of them can be made anew.</summary>
    public static void RequireVersion(Projection projection, LockedRow? live)
    {
        if (live?.Version != projection.Version)
        {
            throw new RebuildRefusedException(
                projection.Name,
                live is null ? "it has not run there yet" : $"its rows are of version {live.Version} and this process has version {projection.Version}");
        }

        if (live.IsInline)
        {
            throw new RebuildRefusedException(projection.Name, Projection.WrittenByAppends);
        }
    }

    /// <summary>What was parked or left out of live rows that are made anew.</summary>
    public static NpgsqlBatchCommand ClearParked(string projection, string? tenantId = null, Guid? aggregateId = null) =>
        Of("parked_clear.sql", Parameters.Of(projection), Parameters.OfNullable(tenantId), Parameters.OfNullable(aggregateId));

    public static NpgsqlBatchCommand Of(string file, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(Statements.Text(file));
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }

    /// <summary>Executes statements in the transaction of a connection.</summary>
    public static async Task Execute(NpgsqlConnection connection, CancellationToken ct, params IReadOnlyList<NpgsqlBatchCommand> commands)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var command in commands)
        {
            batch.BatchCommands.Add(command);
        }

        await batch.ExecuteNonQueryAsync(ct);
    }
}

/// <summary>A checkpoint that is locked.</summary>
internal sealed record LockedRow(bool IsShadow, string Shard, int Version, long Position, bool IsBehind, bool IsInline, string? TenantId)
{
    /// <summary>Whether it is the row of a projection as it is declared now, or of a newer version: then this build has nothing to do.</summary>
    public bool IsOf(Projection projection) =>
        Version > projection.Version || (Version == projection.Version && (IsShadow || IsInline == projection.IsInline));
}
