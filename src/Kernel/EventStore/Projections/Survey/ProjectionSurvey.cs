using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>How projections stand, as the database says: the same in every process, also in one that runs none.</summary>
internal sealed class ProjectionSurvey(NpgsqlDataSource dataSource, ProjectionCatalog catalog, Feed feed, TimeProvider time)
{
    /// <summary>All projections of the catalog.</summary>
    public async Task<IReadOnlyList<ProjectionOverview>> List(IReadOnlyList<RebuildProgress> rebuilds, CancellationToken ct)
    {
        var names = catalog.All.Select(projection => projection.Name).ToArray();
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(RebuildStatements.Of("projections_overview.sql", Parameters.Of(names)));
        batch.BatchCommands.Add(RebuildStatements.Of("parked_count.sql", Parameters.Of(names)));
        var rows = new Dictionary<string, (int Version, int Shards, int Owned, bool IsPaused)>(StringComparer.Ordinal);
        var parked = new Dictionary<string, long>(StringComparer.Ordinal);
        await using var reader = await batch.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            rows.Add(reader.GetString(0), (reader.GetInt32(1), (int)reader.GetInt64(2), (int)reader.GetInt64(3), reader.GetBoolean(4)));
        }

        await reader.NextResultAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            parked.Add(reader.GetString(0), reader.GetInt64(1));
        }

        return
        [
            .. catalog.All.Select(projection =>
            {
                var hasRun = rows.TryGetValue(projection.Name, out var row);
                return new ProjectionOverview(
                    projection.Name,
                    projection.SideEffectsFrom is not null ? ProjectionKind.Subscription : projection is TableProjection ? ProjectionKind.Table : ProjectionKind.Document,
                    projection.Version,
                    hasRun ? row.Version : null,
                    catalog.AggregateTypesOf(projection.Name),
                    row.Shards,
                    row.Owned,
                    row.IsPaused,
                    parked.GetValueOrDefault(projection.Name),
                    rebuilds.FirstOrDefault(rebuild => rebuild.Projection == projection.Name));
            }),
        ];
    }

    /// <summary>How far one projection is behind, or all, on each shard.</summary>
    public async Task<IReadOnlyList<ProjectionLag>> Lag(string? projection, CancellationToken ct)
    {
        IReadOnlyList<Projection> wanted = projection is null ? catalog.All : [catalog[projection]];
        var end = await feed.Refresh(ct);
        var lags = new List<ProjectionLag>();
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        foreach (var one in wanted)
        {
            await using var command = new NpgsqlCommand(Statements.Text("projection_lag.sql"), connection);
            command.Parameters.Add(Parameters.Of(one.Name));
            command.Parameters.Add(Parameters.Of(catalog.AggregateTypesOf(one.Name).ToArray()));
            command.Parameters.Add(Parameters.Of(end));
            command.Parameters.Add(Parameters.Of(ProjectionLag.MostCounted));
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                var age = reader.IsDBNull(3) ? TimeSpan.Zero : time.GetUtcNow() - reader.GetFieldValue<DateTimeOffset>(3);
                lags.Add(new(
                    one.Name,
                    reader.GetString(0),
                    reader.GetInt64(1),
                    reader.GetInt64(2),
                    age > TimeSpan.Zero ? age : TimeSpan.Zero,
                    reader.IsDBNull(4) ? null : reader.GetString(4),
                    reader.GetBoolean(5),
                    reader.GetFieldValue<DateTimeOffset>(6)));
            }
        }

        return lags;
    }
}
