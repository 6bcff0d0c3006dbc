using BenchmarkDotNet.Attributes;
using Marten;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;

namespace Monolith.Benchmarks;

/// <summary>How long does it take to load an aggregate as it was in the middle of its history, one event short of a snapshot?</summary>
public class PastLoad
{
    private readonly StreamId stream = new("acme", "ledger", Guid.CreateVersion7());
    private NpgsqlDataSource dataSource = null!;
    private NpgsqlDataSource martenSource = null!;
    private PostgresEventStore store = null!;
    private DocumentStore marten = null!;
    private BareSelect bare = null!;

    public static IEnumerable<int> Lengths => Benchmark.Effort.Of(dry: [400], quick: [10_000], full: [1_000, 10_000, 100_000]);

    [ParamsSource(nameof(Lengths))]
    public int Events { get; set; }

    private int Middle => (Events / 2) - 1;

    [GlobalSetup]
    public async Task Setup()
    {
        dataSource = NpgsqlDataSource.Create(await Benchmark.NewDatabase("benchmark_past"));
        store = await Benchmark.NewStore(dataSource);
        await LongLedgers.Append(store, stream, Events);
        await store.DrainSnapshots();
        bare = await BareSelect.Copy(dataSource, stream.AggregateId, stream.AggregateId);
        martenSource = NpgsqlDataSource.Create(await Benchmark.NewDatabase("benchmark_past_marten"));
        marten = await MartenStore.Open(martenSource, snapshots: null);
        await LongLedgers.Append(marten, stream.AggregateId, Events);
        await Benchmark.Execute(martenSource, "vacuum analyze");
        Benchmark.Expect(Movements.BalanceOf(Middle), await MartenLive());
        Benchmark.Expect(Movements.BalanceOf(Middle), await Snapshot());
        Benchmark.Expect(Middle, await Bare());
    }

    [GlobalCleanup]
    public async Task Cleanup()
    {
        await store.DisposeAsync();
        await dataSource.DisposeAsync();
        await marten.DisposeAsync();
        await martenSource.DisposeAsync();
    }

    [Benchmark(Baseline = true, Description = "Marten, live aggregation")]
    public async Task<decimal> MartenLive()
    {
        await using var session = marten.LightweightSession("acme");
        return (await session.Events.AggregateStreamAsync<MartenLedger>(stream.AggregateId, version: Middle))!.Balance;
    }

    [Benchmark(Description = "bare SELECT of all events until then")]
    public Task<int> Bare() => bare.All(Middle);

    [Benchmark(Description = "Monolith, snapshot and tail")]
    public async Task<decimal> Snapshot() => (await store.Load<LedgerState>(stream, AsOf.Version(Middle))).State.Balance;
}
