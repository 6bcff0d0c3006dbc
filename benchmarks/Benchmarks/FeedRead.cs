using BenchmarkDotNet.Attributes;
using Monolith.EventStore;
using Npgsql;

namespace Monolith.Benchmarks;

/// <summary>
/// How fast is the feed read, with nothing done to the events? The time is per event: for us until it is an envelope with its event, for the bare
/// SELECT until its columns are read. The bare table has the same rows in one piece and in the same order. Goal: 0.8 of its speed.
/// </summary>
public class FeedRead
{
    private const int EventsPerStream = 50;
    private const int Tenants = 8;
    private const int Page = 10_000;

    private static readonly string[] Types = ["ledger"];

    private NpgsqlDataSource dataSource = null!;
    private PostgresEventStore store = null!;
    private IReadOnlyList<string> shards = null!;
    private int stored;

    /// <summary>BenchmarkDotNet divides by a constant, so the dry run says too little per event; it is not there to be read.</summary>
    public const int Events = 100_000;

    [GlobalSetup]
    public async Task Setup()
    {
        dataSource = NpgsqlDataSource.Create(await Benchmark.NewDatabase("benchmark_feed"));
        store = await Benchmark.NewStore(dataSource);
        for (var tenant = 0; tenant < Tenants; tenant++)
        {
            await store.Tenants.Add("tenant-" + tenant);
        }

        stored = Benchmark.IsDry ? 2_000 : Events;
        await store.Import(Interleaved(stored).ToAsyncEnumerable());
        shards = await store.Tenants.Shards();
        await BareInsert.CreateTable(dataSource);
        await Benchmark.Execute(
            dataSource,
            """
            insert into bare
            select position, version, recorded_at, event_id, aggregate_id, event_version, aggregate_type, shard, tenant_id, event_type, data, metadata
            from eventstore.events
            order by position
            """);
        await Benchmark.Execute(dataSource, "vacuum analyze");
        await store.Feed.Refresh();
    }

    [GlobalCleanup]
    public async Task Cleanup()
    {
        await store.DisposeAsync();
        await dataSource.DisposeAsync();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Events, Description = "bare SELECT")]
    public async Task<long> Bare()
    {
        await using var command = dataSource.CreateCommand(
            """
            select position, version, recorded_at, event_id, aggregate_id, event_version, tenant_id, aggregate_type, event_type, data, metadata
            from bare
            where position > 0
            order by position
            """);
        await using var reader = await command.ExecuteReaderAsync();
        var (rows, read) = (0, 0L);
        while (await reader.ReadAsync())
        {
            rows++;
            read += reader.GetInt64(0) + reader.GetInt64(1) + reader.GetInt16(5) + reader.GetFieldValue<DateTimeOffset>(2).Ticks;
            read += reader.GetGuid(3).Version + reader.GetGuid(4).Version + reader.GetString(6).Length + reader.GetString(7).Length + reader.GetString(8).Length;
            read += reader.GetFieldValue<byte[]>(9).Length + reader.GetFieldValue<byte[]>(10).Length;
        }

        Benchmark.Expect(stored, rows);
        return read;
    }

    [Benchmark(OperationsPerInvoke = Events, Description = "Monolith, all shards merged")]
    public async Task<int> Feed()
    {
        var (read, after) = (0, 0L);
        while (true)
        {
            var page = await store.ReadFeed(new() { After = after, Limit = Page }).ToListAsync();
            read += page.Count;
            if (page.Count < Page)
            {
                Benchmark.Expect(stored, read);
                return read;
            }

            after = page[^1].Position;
        }
    }

    [Benchmark(OperationsPerInvoke = Events, Description = "Monolith, one shard after another")]
    public async Task<int> Shards()
    {
        var (read, watermark) = (0, store.Feed.Watermark);
        foreach (var shard in shards)
        {
            for (var after = 0L; after < watermark;)
            {
                var page = await store.Feed.ReadShard(shard, Types, after, watermark, Page);
                (read, after) = (read + page.Events.Count, page.LastPosition);
            }
        }

        Benchmark.Expect(stored, read);
        return read;
    }

    // As if all streams were written at the same time.
    private static IEnumerable<ImportedEvent> Interleaved(int events)
    {
        var histories = Enumerable.Range(0, events / EventsPerStream)
            .Select(stream => Movements.Import(new("tenant-" + (stream % Tenants), "ledger", Guid.CreateVersion7()), Movements.Of(EventsPerStream)).GetEnumerator())
            .ToList();
        for (var version = 1; version <= EventsPerStream; version++)
        {
            foreach (var history in histories)
            {
                history.MoveNext();
                yield return history.Current;
            }
        }
    }
}
