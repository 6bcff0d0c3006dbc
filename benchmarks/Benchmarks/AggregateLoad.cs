using BenchmarkDotNet.Attributes;
using JasperFx.Events.Projections;
using Marten;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;

namespace Monolith.Benchmarks;

/// <summary>
/// How long does it take to load an aggregate, by the length of its history? One event short of a snapshot, so our tail is as long as it gets.
/// Goals at 9,999 events: 75 times as fast as live aggregation; half as fast as the inline snapshot, and as fast with the state in memory.
/// </summary>
public class AggregateLoad
{
    private readonly StreamId snapped = new("acme", "ledger", Guid.CreateVersion7());
    private readonly StreamId cached = new("acme", "cached_ledger", Guid.CreateVersion7());
    private readonly StreamId unsnapped = new("acme", "unsnapped_ledger", Guid.CreateVersion7());
    private readonly Guid martenStream = Guid.CreateVersion7();
    private NpgsqlDataSource dataSource = null!;
    private NpgsqlDataSource liveSource = null!;
    private NpgsqlDataSource inlineSource = null!;
    private PostgresEventStore store = null!;
    private DocumentStore live = null!;
    private DocumentStore inline = null!;

    public static IEnumerable<int> Lengths => Benchmark.Effort.Of(dry: [99], quick: [99, 9_999], full: [10, 99, 999, 9_999]);

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

        liveSource = NpgsqlDataSource.Create(await Benchmark.NewDatabase("benchmark_load_live"));
        inlineSource = NpgsqlDataSource.Create(await Benchmark.NewDatabase("benchmark_load_inline"));
        live = await MartenStore.Open(liveSource, snapshots: null);
        inline = await MartenStore.Open(inlineSource, SnapshotLifecycle.Inline);
        foreach (var marten in new[] { live, inline })
        {
            await using var session = marten.LightweightSession("acme");
            session.Events.StartStream(martenStream, Movements.Of(Events).ToArray());
            await session.SaveChangesAsync();
        }

        foreach (var load in (Func<Task<decimal>>[])[MartenLive, MartenInline, Snapshot, Cached, Replay])
        {
            Benchmark.Expect(Movements.BalanceOf(Events), await load());
        }
    }

    [GlobalCleanup]
    public async Task Cleanup()
    {
        await store.DisposeAsync();
        await dataSource.DisposeAsync();
        await live.DisposeAsync();
        await inline.DisposeAsync();
        await liveSource.DisposeAsync();
        await inlineSource.DisposeAsync();
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
