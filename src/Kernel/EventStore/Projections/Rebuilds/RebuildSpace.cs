using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>
/// Whether there is disk for one more rebuild: the shadow takes about what the live tables take, until it takes their place.
/// </summary>
/// <remarks>
/// PostgreSQL tells nobody how much disk is free. What can be known is how large the live tables are, how much an operator allows
/// (<see cref="ProjectionOptions.RebuildDiskLimit"/>), and, where the server runs on this machine and lets its role know where its data lies, how much is free there.
/// Where neither of the two is known, nothing is refused.
/// </remarks>
internal sealed class RebuildSpace(NpgsqlDataSource dataSource, ProjectionCatalog catalog, IViewStore? views, long? limit)
{
    /// <summary>How much is free where a folder lies; null when this process cannot tell.</summary>
    internal Func<string, long?> FreeAt { get; init; } = Free;

    /// <summary>Throws unless there is disk for a rebuild beside those that run.</summary>
    /// <exception cref="RebuildDiskException">There is not.</exception>
    public async Task Require(Projection projection, CancellationToken ct)
    {
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        var needed = await Size(connection, projection, ViewRows.Live, ct);
        var (reserved, toCome) = (0L, 0L);
        foreach (var other in (await Rebuilding(connection, ct)).Where(other => other != projection.Name && catalog.Contains(other)))
        {
            var size = await Size(connection, catalog[other], ViewRows.Live, ct);
            reserved += size;
            toCome += Math.Max(0, size - await Size(connection, catalog[other], ViewRows.Shadow, ct));
        }

        if (limit is { } allowed && needed > allowed - reserved)
        {
            throw new RebuildDiskException(projection.Name, needed, Math.Max(0, allowed - reserved), $"Projections:{nameof(ProjectionOptions.RebuildDiskLimit)} leaves");
        }

        if (await DataDirectory(connection, ct) is { } directory && FreeAt(directory) is { } free && needed > free - toCome)
        {
            throw new RebuildDiskException(projection.Name, needed, Math.Max(0, free - toCome), "the server's disk has");
        }
    }

    private Task<long> Size(NpgsqlConnection connection, Projection projection, ViewRows rows, CancellationToken ct) =>
        projection.Writer(views).Size(connection, rows, ct);

    private static async Task<List<string>> Rebuilding(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Statements.Text("rebuilding.sql"), connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var projections = new List<string>();
        while (await reader.ReadAsync(ct))
        {
            projections.Add(reader.GetString(0));
        }

        return projections;
    }

    private static async Task<string?> DataDirectory(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Statements.Text("local_data_directory.sql"), connection);
        return (string?)await command.ExecuteScalarAsync(ct);
    }

    internal static long? Free(string directory)
    {
        try
        {
            return Directory.Exists(directory) ? new DriveInfo(directory).AvailableFreeSpace : null;
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
