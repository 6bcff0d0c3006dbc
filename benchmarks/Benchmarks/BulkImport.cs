using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.Benchmarks;

/// <summary>
/// How fast is a history of another store imported? The time is per event. The bare COPY writes the same rows into a table with the same columns and
/// keys, from bytes that are there already, in one transaction and without looking at anything.
/// Goal: 50,000 events a second.
/// </summary>
public class BulkImport
{
    private const int EventsPerStream = 50;

    private readonly object[] history = [.. Movements.Of(EventsPerStream)];
    private readonly byte[] metadata = "{}"u8.ToArray();
    private NpgsqlDataSource dataSource = null!;
    private PostgresEventStore store = null!;
    private byte[][] stored = null!;
    private long position;

    /// <summary>BenchmarkDotNet divides by a constant, so the dry run says too little per event; it is not there to be read.</summary>
    public const int Events = 100_000;

    private static int Streams => (Benchmark.IsDry ? 2_000 : Events) / EventsPerStream;

    [GlobalSetup]
    public async Task Setup()
    {
        dataSource = NpgsqlDataSource.Create(await Benchmark.NewDatabase("benchmark_import"));
        store = await Benchmark.NewStore(dataSource);
        await BareInsert.CreateTable(dataSource);
        stored = Array.ConvertAll(history, one => JsonSerializer.SerializeToUtf8Bytes(one, EventJson.Options));
    }

    [GlobalCleanup]
    public async Task Cleanup()
    {
        await store.DisposeAsync();
        await dataSource.DisposeAsync();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Events, Description = "bare COPY")]
    public async Task Bare()
    {
        await using var connection = await dataSource.OpenConnectionAsync();
        await using var copy = await connection.BeginBinaryImportAsync(
            """
            copy bare (
              position, version, recorded_at, event_id, aggregate_id, event_version, aggregate_type, shard, tenant_id, event_type, data, metadata
            )
            from stdin (format binary)
            """);
        var recordedAt = DateTime.UtcNow;
        for (var stream = 0; stream < Streams; stream++)
        {
            var id = Guid.CreateVersion7();
            for (var version = 1; version <= EventsPerStream; version++)
            {
                await copy.StartRowAsync();
                await copy.WriteAsync(++position, NpgsqlDbType.Bigint);
                await copy.WriteAsync((long)version, NpgsqlDbType.Bigint);
                await copy.WriteAsync(recordedAt, NpgsqlDbType.TimestampTz);
                await copy.WriteAsync(Guid.CreateVersion7(), NpgsqlDbType.Uuid);
                await copy.WriteAsync(id, NpgsqlDbType.Uuid);
                await copy.WriteAsync((short)1, NpgsqlDbType.Smallint);
                await copy.WriteAsync("ledger", NpgsqlDbType.Text);
                await copy.WriteAsync("pool_0", NpgsqlDbType.Text);
                await copy.WriteAsync("acme", NpgsqlDbType.Text);
                await copy.WriteAsync(version == 1 ? "ledger.opened" : "ledger.moved", NpgsqlDbType.Text);
                await copy.WriteAsync(stored[version - 1], NpgsqlDbType.Jsonb);
                await copy.WriteAsync(metadata, NpgsqlDbType.Jsonb);
            }
        }

        Benchmark.Expect((ulong)Streams * EventsPerStream, await copy.CompleteAsync());
    }

    [Benchmark(OperationsPerInvoke = Events, Description = "Monolith, events")]
    public Task Import() => Import(Each(stream => Movements.Import(stream, history)));

    [Benchmark(OperationsPerInvoke = Events, Description = "Monolith, JSON of another store")]
    public Task ImportStored() => Import(Each(stream => Movements.Import(stream, history)
        .Select(one => ImportedEvent.Stored(stream, one.Version, one.Id, one.RecordedAt, one.Version == 1 ? "ledger.opened" : "ledger.moved", 1, stored[one.Version - 1]))));

    private async Task Import(IEnumerable<ImportedEvent> events) =>
        Benchmark.Expect((long)Streams * EventsPerStream, (await store.Import(events.ToAsyncEnumerable())).Stored);

    private static IEnumerable<ImportedEvent> Each(Func<StreamId, IEnumerable<ImportedEvent>> stream) =>
        Enumerable.Range(0, Streams).SelectMany(_ => stream(new("acme", "ledger", Guid.CreateVersion7())));
}
