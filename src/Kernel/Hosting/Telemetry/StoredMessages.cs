using System.Diagnostics.Metrics;
using Monolith.EventStore;
using Npgsql;

namespace Monolith.Hosting;

/// <summary>How many messages wait in the database, and how many were given up.</summary>
internal sealed class StoredMessages : IDatabaseSample
{
    private const int MostCounted = 10_000;

    private (long Dead, long Waiting, long Scheduled) now;

    public void Describe(Meter meter)
    {
        meter.CreateObservableGauge("monolith.messages.dead", () => now.Dead, "{message}", "Messages given up after their last attempt; counted up to 10,000.");
        meter.CreateObservableGauge("monolith.messages.waiting", () => now.Waiting, "{message}", "Messages accepted and not handled yet; counted up to 10,000.");
        meter.CreateObservableGauge("monolith.messages.scheduled", () => now.Scheduled, "{message}", "Messages that wait for their time, such as the next attempt; counted up to 10,000.");
    }

    public async Task Take(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(ReadModelStatements.Text("sample_messages.sql"), connection);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = MostCounted });
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        now = (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
    }
}
