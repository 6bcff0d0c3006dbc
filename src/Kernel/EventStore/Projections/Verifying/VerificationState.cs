using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>What the live rows of a projection hold, as one snapshot shows it.</summary>
/// <param name="Checkpoints">How far each shard is.</param>
/// <param name="LeftOut">The positions of events that are parked or were skipped.</param>
/// <param name="Tenants">In which shard each tenant lies.</param>
internal sealed record VerificationState(
    IReadOnlyDictionary<string, LiveShard> Checkpoints, IReadOnlySet<(string Shard, long Position)> LeftOut, IReadOnlyDictionary<string, string> Tenants)
{
    /// <summary>Reads it, in the transaction of the connection.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="projection">The projection.</param>
    /// <param name="isEnd">Whether its rows are compared in this snapshot: those that appends write hold all that it shows.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="VerificationRefusedException">There are no rows of the version of the projection.</exception>
    public static async Task<VerificationState> Read(NpgsqlConnection connection, Projection projection, bool isEnd, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                RebuildStatements.Of("live_checkpoints.sql", Parameters.Of(projection.Name), Parameters.Of(isEnd)),
                RebuildStatements.Of("left_out.sql", Parameters.Of(projection.Name)),
                RebuildStatements.Of("tenant_shards.sql"),
            },
        };
        var checkpoints = new Dictionary<string, LiveShard>(StringComparer.Ordinal);
        var leftOut = new HashSet<(string, long)>();
        var tenants = new Dictionary<string, string>(StringComparer.Ordinal);
        await using var reader = await batch.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var version = reader.GetInt32(1);
            if (version != projection.Version)
            {
                throw new VerificationRefusedException(projection.Name, $"its rows are of version {version} and this process has version {projection.Version}");
            }

            checkpoints.Add(reader.GetString(0), new(reader.GetString(0), reader.GetInt64(2), reader.GetInt64(3)));
        }

        await reader.NextResultAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            leftOut.Add((reader.GetString(0), reader.GetInt64(1)));
        }

        await reader.NextResultAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            tenants.Add(reader.GetString(0), reader.GetString(1));
        }

        return checkpoints.Count > 0
            ? new(checkpoints, leftOut, tenants)
            : throw new VerificationRefusedException(projection.Name, "it has not run yet");
    }

    /// <summary>Whether a replay that went as far as an earlier state need only be taken on from there to be one that goes as far as this.</summary>
    public bool Continues(VerificationState earlier) =>
        Checkpoints.Count == earlier.Checkpoints.Count
        && Checkpoints.Values.All(shard => earlier.Checkpoints.TryGetValue(shard.Shard, out var before) && before.Position <= shard.Position)
        && LeftOut.Where(row => row.Position <= earlier.Checkpoints[row.Shard].Position).ToHashSet().SetEquals(earlier.LeftOut)
        && Tenants.Count == earlier.Tenants.Count
        && Tenants.All(tenant => earlier.Tenants.TryGetValue(tenant.Key, out var shard) && shard == tenant.Value);
}

/// <summary>How far the live rows of a projection are on a shard.</summary>
internal sealed record LiveShard(string Shard, long Start, long Position);
