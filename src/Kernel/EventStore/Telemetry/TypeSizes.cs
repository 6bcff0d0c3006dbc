using System.Diagnostics.Metrics;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>How much of each aggregate type is stored.</summary>
internal sealed class TypeSizes : IDatabaseSample
{
    private volatile IReadOnlyList<(string AggregateType, string Kind, long Rows, long Bytes)> types = [];

    public void Describe(Meter meter)
    {
        meter.CreateObservableGauge(
            "monolith.eventstore.events.stored", () => Of("events"), "{event}", "Events stored, archived ones included, as the server estimates it.");
        meter.CreateObservableGauge(
            "monolith.eventstore.snapshots.stored", () => Of("snapshots"), "{snapshot}", "Snapshots stored, as the server estimates it.");
        meter.CreateObservableGauge(
            "monolith.eventstore.size",
            () => types.Select(type => new Measurement<long>(type.Bytes, new("aggregate_type", type.AggregateType), new("kind", type.Kind))),
            "By",
            "Disk that events and snapshots take, with their indexes.");
    }

    public async Task Take(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Statements.Text("sample_types.sql"), connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var read = new List<(string, string, long, long)>();
        while (await reader.ReadAsync(ct))
        {
            read.Add((reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3)));
        }

        types = read;
    }

    private IEnumerable<Measurement<long>> Of(string kind) => types
        .Where(type => type.Kind == kind)
        .Select(type => new Measurement<long>(type.Rows, new KeyValuePair<string, object?>("aggregate_type", type.AggregateType)));
}
