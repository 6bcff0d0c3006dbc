using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>How far a rebuild has come.</summary>
/// <param name="Projection">The projection.</param>
/// <param name="Version">The version of the projection that is being built.</param>
/// <param name="Shards">How many shards there are.</param>
/// <param name="ShardsDone">How many of them hold everything that was stored when the rebuild began.</param>
/// <param name="Events">How many events have been taken.</param>
/// <param name="EventsTotal">How many there were when it began; more may have come since.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="Elapsed">How long ago that was.</param>
/// <param name="IsPaused">Whether an operator has paused it.</param>
/// <param name="TenantId">The tenant that alone is rebuilt; null for all.</param>
public sealed record RebuildProgress(
    string Projection,
    int Version,
    int Shards,
    int ShardsDone,
    long Events,
    long EventsTotal,
    DateTimeOffset StartedAt,
    TimeSpan Elapsed,
    bool IsPaused,
    string? TenantId)
{
    /// <summary>A row of the statement that lists rebuilds.</summary>
    internal static RebuildProgress Read(NpgsqlDataReader row, DateTimeOffset now)
    {
        var startedAt = row.GetFieldValue<DateTimeOffset>(6);
        return new(
            row.GetString(0),
            row.GetInt32(1),
            (int)row.GetInt64(2),
            (int)row.GetInt64(3),
            row.GetInt64(4),
            row.GetInt64(5),
            startedAt,
            now - startedAt,
            row.GetBoolean(7),
            row.IsDBNull(8) ? null : row.GetString(8));
    }

    /// <summary>
    /// Events a second: over the last half minute, where this process has asked before, else since it began; 0 while it is paused.
    /// </summary>
    public double Rate { get; init; } = !IsPaused && Elapsed > TimeSpan.Zero ? Events / Elapsed.TotalSeconds : 0;

    /// <summary>How much longer it takes at that rate; null while nothing can be said.</summary>
    public TimeSpan? TimeLeft =>
        Events >= EventsTotal ? TimeSpan.Zero
        : Rate > 0 ? TimeSpan.FromSeconds(Math.Min((EventsTotal - Events) / Rate, TimeSpan.MaxValue.TotalSeconds / 2))
        : null;
}
