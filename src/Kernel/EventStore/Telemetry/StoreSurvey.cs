using Npgsql;

namespace Monolith.EventStore;

/// <summary>What operators want to know of a whole store. Cheap: read from the catalog and from the list of hosts.</summary>
/// <param name="dataSource">The database.</param>
public sealed class StoreSurvey(NpgsqlDataSource dataSource)
{
    /// <summary>What each aggregate type takes, the largest first.</summary>
    /// <exception cref="EventStoreUnavailableException">The database could not be asked.</exception>
    public Task<IReadOnlyList<TypeSize>> Sizes(CancellationToken ct = default) => PostgresErrors.Translate(Read("type_sizes.sql", row => new TypeSize(
        row.GetString(0), row.GetInt32(1), row.IsDBNull(2) ? null : row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5)), ct));

    /// <summary>The hosts that are alive. The first of them samples the database for metrics.</summary>
    /// <exception cref="EventStoreUnavailableException">The database could not be asked.</exception>
    public Task<IReadOnlyList<RunningHost>> Hosts(CancellationToken ct = default) => PostgresErrors.Translate(Read("hosts_list.sql", row => new RunningHost(
        row.GetString(0), row.GetFieldValue<DateTimeOffset>(1), row.GetInt32(2)), ct));

    private async Task<IReadOnlyList<T>> Read<T>(string file, Func<NpgsqlDataReader, T> row, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text(file));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<T>();
        while (await reader.ReadAsync(ct))
        {
            rows.Add(row(reader));
        }

        return rows;
    }
}

/// <summary>What an aggregate type takes.</summary>
/// <param name="AggregateType">The stored name of the type.</param>
/// <param name="Partitions">How many partitions its events lie in.</param>
/// <param name="Events">How many events there are, as the server estimates it; null when it cannot say yet.</param>
/// <param name="EventBytes">What they take on disk, with their indexes and the archive.</param>
/// <param name="ArchiveBytes">How much of that is archived.</param>
/// <param name="SnapshotBytes">What snapshots take.</param>
public sealed record TypeSize(string AggregateType, int Partitions, long? Events, long EventBytes, long ArchiveBytes, long SnapshotBytes);

/// <summary>A host that is alive.</summary>
/// <param name="Name">Its name: machine, process, and a number for this start.</param>
/// <param name="StartedAt">Since when.</param>
/// <param name="Shards">How many shards of projections it runs.</param>
public sealed record RunningHost(string Name, DateTimeOffset StartedAt, int Shards);
