using BenchmarkDotNet.Attributes;
using JasperFx.Events.Projections;
using Marten;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;

namespace Monolith.Benchmarks;

/// <summary>How long does it take to load an aggregate, by the length of its history? One event short of a snapshot, so our tail is as long as it gets.</summary>
public class AggregateLoad
{
    private readonly StreamId snapped = new("acme", "ledger", Guid.CreateVersion7());
    private readonly StreamId cached = new("acme", "cached_ledger", Guid.CreateVersion7());
    private readonly StreamId unsnapped = new("acme", "unsnapped_ledger", Guid.CreateVersion7());
    private readonly Guid martenStream = Guid.CreateVersion7();
    private NpgsqlDataSource dataSource = null!;
    private PostgresEventStore store = null!;
    private DocumentStore live = null!;
    private DocumentStore inline = null!;

    public static IEnumerable<int> Lengths => Benchmark.IsDry ? [99] : [10, 99, 999, 9_999];

    [ParamsSource(nameof(Lengths))]
    public int Events { get; set; }

    [GlobalSetup]
    public async Task Setup()
    {
        dataSource = NpgsqlDataSource.Create(await Benchmark.NewDatabase("benchmark_load"));
        store = await Benchmark.NewStore(dataSource);
        foreach (var stream in new[] { snapped, cached, unsnapped })
        {
            await store.Append(new(stream, ExpectedVersion.None, Movements.Of(Events).Select(NewEvent.Of)));
        }

        await store.DrainSnapshots();

        live = await MartenStore.Open(await Benchmark.NewDatabase("benchmark_load_live"), snapshots: null);
        inline = await MartenStore.Open(await Benchmark.NewDatabase("benchmark_load_inline"), SnapshotLifecycle.Inline);
        foreach (var marten in new[] { live, inline })
        {
            await using var session = marten.LightweightSession("acme");
            session.Events.StartStream(martenStream, Movements.Of(Events).ToArray());
            await session.SaveChangesAsync();
        }
    }

    [GlobalCleanup]
    public async Task Cleanup()
    {
        await store.DisposeAsync();
        await dataSource.DisposeAsync();
        await live.DisposeAsync();
        await inline.DisposeAsync();
    }

    [Benchmark(Baseline = true, Description = "Marten, live aggregation")]
    public async Task<decimal> MartenLive()
    {
        await using var session = live.LightweightSession("acme");
        return (await session.Events.AggregateStreamAsync<MartenLedger>(martenStream))!.Balance;
    }

    [Benchmark(Description = "Marten, inline snapshot")]
    public async Task<decimal> MartenInline()
    {
        await using var session = inline.LightweightSession("acme");
        return (await session.LoadAsync<MartenLedger>(martenStream))!.Balance;
    }

    [Benchmark(Description = "Monolith, snapshot and tail")]
    public async Task<decimal> Snapshot() => (await store.Load<LedgerState>(snapped)).State.Balance;

    [Benchmark(Description = "Monolith, state in memory and tail")]
    public async Task<decimal> Cached() => (await store.Load<LedgerState>(cached)).State.Balance;

    [Benchmark(Description = "Monolith, full replay")]
    public async Task<decimal> Replay() => (await store.Load<LedgerState>(unsnapped)).State.Balance;
}
