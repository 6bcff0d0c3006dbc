using Monolith.EventSourcing;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.EventStore;

/// <summary>Writes snapshots of a stream, and removes those that its type does not keep.</summary>
internal sealed class SnapshotTable(NpgsqlDataSource dataSource, Tenants tenants, StoreMetrics metrics)
{
    // So that no statement has much to do where a type comes to keep fewer than it did.
    private const int MostRemovedAtOnce = 500;

    /// <summary>Writes snapshots, except those that the type would not keep.</summary>
    /// <param name="definition">The type.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="snapshots">The snapshots, oldest first; empty afterwards.</param>
    /// <param name="ct">Stops it.</param>
    /// <returns>How many were written.</returns>
    public async Task<int> Write(AggregateDefinition definition, StreamId stream, List<Snapshot> snapshots, CancellationToken ct)
    {
        var retention = SnapshotRetention.Of(definition);
        retention.Thin(snapshots, snapshot => snapshot.Version);
        var count = snapshots.Count;
        if (count > 0)
        {
            var leaf = Leaf.Of(definition.Name, await tenants.ShardOf(stream.TenantId, ct));
            await Insert(definition, stream, leaf, snapshots, ct);
            snapshots.Clear();
            if (!retention.KeepsAll)
            {
                await Prune(definition, stream, leaf, retention, ct);
            }
        }

        return count;
    }

    private async Task Insert(AggregateDefinition definition, StreamId stream, Leaf leaf, List<Snapshot> snapshots, CancellationToken ct)
    {
        await using var command = CommandOf(leaf, "write_snapshots.sql", definition, stream);
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. snapshots.Select(snapshot => snapshot.Version)] });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset[]>
        {
            TypedValue = [.. snapshots.Select(snapshot => snapshot.RecordedAt)],
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
        });
        command.Parameters.Add(new NpgsqlParameter<byte[][]>
        {
            TypedValue = [.. snapshots.Select(snapshot => snapshot.State)],
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb,
        });
        await command.ExecuteNonQueryAsync(ct);
        metrics.SnapshotsWritten(definition.Name, snapshots.Count);
    }

    private async Task Prune(AggregateDefinition definition, StreamId stream, Leaf leaf, SnapshotRetention retention, CancellationToken ct)
    {
        int removed;
        do
        {
            await using var command = CommandOf(leaf, "prune_snapshots.sql", definition, stream);
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = retention.Newest });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = retention.Every });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = MostRemovedAtOnce });
            removed = await command.ExecuteNonQueryAsync(ct);
            metrics.SnapshotsRemoved(definition.Name, removed);
        }
        while (removed == MostRemovedAtOnce);
    }

    private NpgsqlCommand CommandOf(Leaf leaf, string file, AggregateDefinition definition, StreamId stream)
    {
        var command = dataSource.CreateCommand(leaf.Statement(file));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = stream.TenantId });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = stream.AggregateId });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = definition.SnapshotSchema });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = definition.StateFingerprint });
        return command;
    }
}
