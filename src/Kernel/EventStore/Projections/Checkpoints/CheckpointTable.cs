using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>The statements on <c>eventstore.projection_checkpoints</c>.</summary>
internal sealed class CheckpointTable(NpgsqlDataSource dataSource, TimeProvider time)
{
    /// <summary>The first statement of the transaction that stores a batch. The batch fails when the checkpoint is not as the caller believes.</summary>
    public NpgsqlBatchCommand Move(ProjectionShard key, long fence, long before, long after, int events) => new(Statements.Text("checkpoint_move.sql"))
    {
        Parameters =
        {
            Parameters.Of(key.Projection),
            Parameters.Of(key.Slot),
            Parameters.Of(key.Shard),
            Parameters.Of(fence),
            Parameters.Of(before),
            Parameters.Of(after),
            Parameters.Of(events),
            Parameters.Of(time.GetUtcNow()),
        },
    };

    /// <summary>Moves many checkpoints whose read models do not change by it.</summary>
    /// <returns>Those that were as the caller believes.</returns>
    public async Task<IReadOnlySet<ProjectionShard>> MoveIdle(
        IReadOnlyList<(ProjectionShard Key, long Fence, long Before, long After)> moves, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("checkpoints_move_idle.sql"));
        command.Parameters.AddRange(Parameters.OfKeys([.. moves.Select(move => move.Key)]));
        command.Parameters.Add(Parameters.Of(moves.Select(move => move.Fence).ToArray()));
        command.Parameters.Add(Parameters.Of(moves.Select(move => move.Before).ToArray()));
        command.Parameters.Add(Parameters.Of(moves.Select(move => move.After).ToArray()));
        command.Parameters.Add(Parameters.Of(time.GetUtcNow()));
        var moved = new HashSet<ProjectionShard>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            moved.Add(new(reader.GetString(0), reader.GetString(1), reader.GetString(2)));
        }

        return moved;
    }

    /// <summary>Takes those of the wanted checkpoints that are free.</summary>
    public async Task<IReadOnlyList<Checkpoint>> Acquire(IReadOnlyCollection<ProjectionShard> wanted, string host, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("checkpoints_acquire.sql"));
        command.Parameters.AddRange(Parameters.OfKeys(wanted));
        command.Parameters.Add(Parameters.Of(host));
        command.Parameters.Add(Parameters.Of(time.GetUtcNow()));
        return await List(command, ct);
    }

    /// <summary>Gives checkpoints back.</summary>
    public async Task Release(IReadOnlyCollection<ProjectionShard> keys, string host, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("checkpoints_release.sql"));
        command.Parameters.AddRange(Parameters.OfKeys(keys));
        command.Parameters.Add(Parameters.Of(host));
        command.Parameters.Add(Parameters.Of(time.GetUtcNow()));
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Records that an event is tried next, because the process has died there before.</summary>
    /// <returns>How often it has been tried now; null when the caller is not the owner any more.</returns>
    public async Task<int?> Try(ProjectionShard key, long fence, long position, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("checkpoint_try.sql"));
        command.Parameters.Add(Parameters.Of(key.Projection));
        command.Parameters.Add(Parameters.Of(key.Slot));
        command.Parameters.Add(Parameters.Of(key.Shard));
        command.Parameters.Add(Parameters.Of(fence));
        command.Parameters.Add(Parameters.Of(position));
        command.Parameters.Add(Parameters.Of(time.GetUtcNow()));
        return (int?)await command.ExecuteScalarAsync(ct);
    }

    /// <summary>Notes the event over which a projection hung.</summary>
    public async Task Stalled(ProjectionShard key, long fence, long position, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("checkpoint_stalled.sql"));
        command.Parameters.Add(Parameters.Of(key.Projection));
        command.Parameters.Add(Parameters.Of(key.Slot));
        command.Parameters.Add(Parameters.Of(key.Shard));
        command.Parameters.Add(Parameters.Of(fence));
        command.Parameters.Add(Parameters.Of(position));
        command.Parameters.Add(Parameters.Of(time.GetUtcNow()));
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>The stored position of a projection on a shard; null when it has never run there.</summary>
    public async Task<long?> Position(string projection, string shard, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("checkpoint_position.sql"));
        command.Parameters.Add(Parameters.Of(projection));
        command.Parameters.Add(Parameters.Of(shard));
        return (long?)await command.ExecuteScalarAsync(ct);
    }

    /// <summary>Lets the checkpoints of inline projections follow the feed.</summary>
    public async Task MoveInline(string[] projections, long position, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("checkpoints_move_inline.sql"));
        command.Parameters.Add(Parameters.Of(projections));
        command.Parameters.Add(Parameters.Of(position));
        command.Parameters.Add(Parameters.Of(time.GetUtcNow()));
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Whether appends write the live views of a projection, of this version or a newer one.</summary>
    public async Task<bool> IsInline(Projection projection, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("inline_versions.sql"));
        command.Parameters.Add(Parameters.Of(new[] { projection.Name }));
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) && reader.GetInt32(1) >= projection.Version;
    }

    private static async Task<IReadOnlyList<Checkpoint>> List(NpgsqlCommand command, CancellationToken ct)
    {
        var rows = new List<Checkpoint>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            rows.Add(Checkpoint.Read(reader));
        }

        return rows;
    }
}
