using System.Diagnostics.Metrics;
using Monolith.EventStore.Projections;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>How projections stand as the database sees it: also when no host runs them, so that nobody says how far behind they are.</summary>
internal sealed class PlacedProjections(ProjectionCatalog catalog) : IDatabaseSample
{
    private volatile IReadOnlyList<(string Projection, long Behind, long Unowned, long Paused)> projections = [];

    public void Describe(Meter meter)
    {
        Gauge(
            "monolith.projection.behind", "{position}", row => row.Behind,
            "Positions between the end of the feed and the stored checkpoint of the shard that is furthest behind; some seconds old where there is nothing to do.");
        Gauge("monolith.projection.unowned", "{shard}", row => row.Unowned, "Shards on which no host runs a projection that should be run.");
        Gauge("monolith.projection.paused", "{shard}", row => row.Paused, "Shards on which an operator has paused a projection.");

        void Gauge(string name, string unit, Func<(string Projection, long Behind, long Unowned, long Paused), long> value, string description) =>
            meter.CreateObservableGauge(
                name,
                () => projections.Select(row => new Measurement<long>(value(row), new KeyValuePair<string, object?>("projection", row.Projection))),
                unit,
                description);
    }

    public async Task Take(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Statements.Text("sample_projections.sql"), connection);
        command.Parameters.Add(Parameters.Of(catalog.All.Select(projection => projection.Name).ToArray()));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var read = new List<(string, long, long, long)>();
        while (await reader.ReadAsync(ct))
        {
            read.Add((reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3)));
        }

        projections = read;
    }
}
