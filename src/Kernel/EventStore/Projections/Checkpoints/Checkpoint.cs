using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>Which part of the work is meant: one projection on one shard, into the live rows or into a shadow of them.</summary>
internal readonly record struct ProjectionShard(string Projection, string Slot, string Shard)
{
    public const string Live = "live";
    public const string Shadow = "shadow";

    public bool IsShadow => Slot == Shadow;

    /// <summary>The rows that it writes.</summary>
    public ViewRows Rows => IsShadow ? ViewRows.Shadow : ViewRows.Live;

    public override string ToString() => Slot == Live ? $"{Projection} on {Shard}" : $"{Projection} ({Slot}) on {Shard}";
}

/// <summary>How far that part has come, and who may move it.</summary>
internal sealed record Checkpoint(
    ProjectionShard Key,
    int Version,
    long Position,
    long StartPosition,
    long? RebuildingTo,
    string? Owner,
    long Fence,
    bool IsPaused,
    int Crashes,
    long? Trying,
    bool IsInline,
    string? TenantId)
{
    /// <summary>Whether it is the row of a projection as it is declared now: of this version, and written by whoever should write it.</summary>
    public bool IsOf(Projection projection) => Version == projection.Version && (Key.IsShadow || IsInline == projection.IsInline);

    /// <summary>A row of the statements that list or take checkpoints; their columns stand in this order.</summary>
    public static Checkpoint Read(NpgsqlDataReader row) => new(
        new(row.GetString(0), row.GetString(1), row.GetString(2)),
        row.GetInt32(3),
        row.GetInt64(4),
        row.GetInt64(5),
        row.IsDBNull(6) ? null : row.GetInt64(6),
        row.IsDBNull(7) ? null : row.GetString(7),
        row.GetInt64(8),
        row.GetBoolean(9),
        row.GetInt32(10),
        row.IsDBNull(11) ? null : row.GetInt64(11),
        row.GetBoolean(12),
        row.IsDBNull(13) ? null : row.GetString(13));
}
