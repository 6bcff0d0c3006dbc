using BenchmarkDotNet.Attributes;
using JasperFx.Events.Projections;
using Marten;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;

namespace Monolith.Benchmarks;

/// <summary>
/// How long does it take to load an aggregate, by the length of its history? One event short of a snapshot, so our tail is as long as it gets.
/// Goals at 9,999 events: 75 times as fast as live aggregation; half as fast as the inline snapshot, and as fast with the state in memory. The bare SELECTs read the
/// same rows and do nothing with them.
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
    private BareSelect bare = null!;

    public static IEnumerable<int> Lengths => Benchmark.Effort.Of(dry: [99], quick: [99, 9_999], full: [10, 99, 999, 9_999, 99_999]);

    [ParamsSource(nameof(Lengths))]
    public int Events { get; set; }

    [GlobalSetup]
    public async Task Setup()
    {
        dataSource = NpgsqlDataSource.Create(await Benchmark.NewDatabase("benchmark_load"));
        store = await Benchmark.NewStore(dataSource);
        foreach (var stream in new[] { snapped, cached, unsnapped })
        {
            await LongLedgers.Append(store, stream, Events);
        }

        await store.DrainSnapshots();
        bare = await BareSelect.Copy(dataSource, snapped.AggregateId, unsnapped.AggregateId);

        liveSource = NpgsqlDataSource.Create(await Benchmark.NewDatabase("benchmark_load_live"));
        inlineSource = NpgsqlDataSource.Create(await Benchmark.NewDatabase("benchmark_load_inline"));
        live = await MartenStore.Open(liveSource, snapshots: null);
        inline = await MartenStore.Open(inlineSource, SnapshotLifecycle.Inline);
        foreach (var marten in new[] { live, inline })
        {
            await LongLedgers.Append(marten, martenStream, Events);
        }

        await Benchmark.Execute(liveSource, "vacuum analyze");
        await Benchmark.Execute(inlineSource, "vacuum analyze");
        foreach (var load in (Func<Task<decimal>>[])[MartenLive, MartenInline, Snapshot, Cached, Replay])
        {
            Benchmark.Expect(Movements.BalanceOf(Events), await load());
        }

        Benchmark.Expect(Events, await BareAll());
        // A snapshot every hundred events, and those after it.
        Benchmark.Expect((Events % 100) + (Events < 100 ? 0 : 1), await BareSnapshot());
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

    [Benchmark(Description = "bare SELECT, snapshot and tail")]
    public Task<int> BareSnapshot() => bare.SnapshotAndTail();

    [Benchmark(Description = "bare SELECT, all events")]
    public Task<int> BareAll() => bare.All(Events);
}
