using System.Diagnostics.Metrics;
using Monolith.EventStore.Projections;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>How the server does, as far as this database is concerned, and what room is left for it.</summary>
internal sealed class ServerLoad(SamplingOptions options) : IDatabaseSample
{
    private volatile Sampled? now;

    public void Describe(Meter meter)
    {
        Gauge("monolith.postgres.connections", "{connection}", server => server.Connections, "Sessions of this database.");
        Gauge("monolith.postgres.connections.max", "{connection}", server => server.MaxConnections, "Sessions that the server allows in all.");
        Gauge("monolith.postgres.size", "By", server => server.Bytes, "Disk that the database takes, without the write-ahead log.");
        Gauge("monolith.postgres.lock.waits", "{session}", server => server.Waiting, "Sessions of this database that wait for a lock.");
        Gauge("monolith.postgres.transaction.age", "s", server => server.OldestTransaction, "How long the oldest open transaction of this database lasts.");
        Gauge("monolith.postgres.frozen.age", "{transaction}", server => server.FrozenAge, "Transactions since the oldest row that is not frozen; the server stops writing at 2 billion.");
        meter.CreateObservableGauge(
            "monolith.postgres.disk.free",
            () => now?.DiskFree is { } free ? [new Measurement<long>(free)] : (IEnumerable<Measurement<long>>)[],
            "By",
            "What is free on the database's disk; nothing where that is not known.");
        Counter("monolith.postgres.deadlocks", "{deadlock}", server => server.Deadlocks, "Transactions that were ended because they waited in a circle.");
        Counter("monolith.postgres.temporary", "By", server => server.TemporaryBytes, "Written to temporary files by statements that lacked memory.");
        Counter("monolith.postgres.wal", "By", server => server.WalBytes, "Write-ahead log written by the server in all.");
        Labelled("monolith.postgres.transactions", "{transaction}", "outcome", ("committed", server => server.Committed), ("rolled_back", server => server.RolledBack), "Transactions of this database by outcome.");
        Labelled("monolith.postgres.blocks", "{block}", "source", ("memory", server => server.BlocksHit), ("disk", server => server.BlocksRead), "Blocks read, from the server's memory or not.");

        void Gauge(string name, string unit, Func<Sampled, double> value, string description) => meter.CreateObservableGauge(name, () => value(now!), unit, description);

        void Counter(string name, string unit, Func<Sampled, long> value, string description) => meter.CreateObservableCounter(name, () => value(now!), unit, description);

        void Labelled(string name, string unit, string label, (string Value, Func<Sampled, long> Of) one, (string Value, Func<Sampled, long> Of) other, string description) =>
            meter.CreateObservableCounter(
                name,
                () => new[] { one, other }.Select(part => new Measurement<long>(part.Of(now!), new KeyValuePair<string, object?>(label, part.Value))),
                unit,
                description);
    }

    public async Task Take(NpgsqlConnection connection, CancellationToken ct)
    {
        var free = await FreeDisk(connection, ct);
        await using var command = new NpgsqlCommand(Statements.Text("sample_server.sql"), connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        var sampled = new Sampled(
            reader.GetInt32(0), reader.GetInt32(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6),
            reader.GetInt64(7), reader.GetInt64(8), reader.GetInt64(9), reader.GetDouble(10), reader.GetInt64(11), reader.GetInt64(12), free);
        now = options.DatabaseDisk is { } disk ? sampled with { DiskFree = Math.Max(0, disk - sampled.Bytes) } : sampled;
    }

    private static async Task<long?> FreeDisk(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Statements.Text("local_data_directory.sql"), connection);
        return await command.ExecuteScalarAsync(ct) is string directory ? RebuildSpace.Free(directory) : null;
    }

    private sealed record Sampled(
        int Connections,
        int MaxConnections,
        long Committed,
        long RolledBack,
        long BlocksHit,
        long BlocksRead,
        long Deadlocks,
        long TemporaryBytes,
        long Bytes,
        long WalBytes,
        double OldestTransaction,
        long Waiting,
        long FrozenAge,
        long? DiskFree);
}
