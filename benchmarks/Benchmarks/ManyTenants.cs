using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;

namespace Monolith.Benchmarks;

/// <summary>
/// What does it cost that many tenants share the pool? The same number of streams belongs to one tenant, to a hundred, and to ten thousand; appends and loads go
/// round all of them, so each is of another tenant than the one before. Goal: 0.9 of the speed of one.
/// </summary>
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public class ManyTenants
{
    private const string Append = "append";
    private const string Load = "load";
    private const int EventsPerStream = 5;
    private const int AddedAtOnce = 16;

    // Goes round all streams without going from neighbour to neighbour.
    private const int Stride = 3_337;

    // Made once for all benchmarks, because ten thousand tenants take a while.
    private static readonly Lazy<Task<Side>> One = new(() => Side.Create("benchmark_tenants_1", 1));
    private static readonly Lazy<Task<Side>> Hundred = new(() => Side.Create("benchmark_tenants_100", 100));
    private static readonly Lazy<Task<Side>> TenThousand = new(() => Side.Create("benchmark_tenants_10000", Streams));

    private readonly Moved moved = new(12.50m, "a movement of usual length", 1012.50m);
    private Side one = null!;
    private Side hundred = null!;
    private Side tenThousand = null!;

    private static int Streams => Benchmark.IsDry ? 200 : 10_000;

    [GlobalSetup]
    public async Task Setup() => (one, hundred, tenThousand) = (await One.Value, await Hundred.Value, await TenThousand.Value);

    [GlobalCleanup]
    public async Task Cleanup()
    {
        await one.Check();
        await hundred.Check();
        await tenThousand.Check();
    }

    [BenchmarkCategory(Append), Benchmark(Baseline = true, Description = "of 1 tenant")]
    public Task AppendOfOne() => one.Append(moved);

    [BenchmarkCategory(Append), Benchmark(Description = "of 100 tenants")]
    public Task AppendOfHundred() => hundred.Append(moved);

    [BenchmarkCategory(Append), Benchmark(Description = "of 10,000 tenants")]
    public Task AppendOfTenThousand() => tenThousand.Append(moved);

    [BenchmarkCategory(Load), Benchmark(Baseline = true, Description = "of 1 tenant")]
    public Task<decimal> LoadOfOne() => one.Load();

    [BenchmarkCategory(Load), Benchmark(Description = "of 100 tenants")]
    public Task<decimal> LoadOfHundred() => hundred.Load();

    [BenchmarkCategory(Load), Benchmark(Description = "of 10,000 tenants")]
    public Task<decimal> LoadOfTenThousand() => tenThousand.Load();

    private sealed class Side(NpgsqlDataSource dataSource, PostgresEventStore store, IReadOnlyList<StreamId> loaded, IReadOnlyList<StreamId> appended)
    {
        private readonly Dictionary<StreamId, long> versions = [];
        private int next;

        public static async Task<Side> Create(string database, int tenants)
        {
            Benchmark.Keep(database);
            var dataSource = NpgsqlDataSource.Create(await Benchmark.NewDatabase(database));
            var store = await Benchmark.NewStore(dataSource);
            await Parallel.ForEachAsync(
                Enumerable.Range(0, tenants), new ParallelOptions { MaxDegreeOfParallelism = AddedAtOnce }, async (tenant, ct) => await store.Tenants.Add(TenantOf(tenant), ct: ct));
            var side = new Side(dataSource, store, Ids(tenants), Ids(tenants));
            await store.Import(side.Histories().ToAsyncEnumerable());
            await Benchmark.Execute(dataSource, "vacuum analyze");

            // A pool hands out its connections in turn. Those that sixteen tenants at once were added by would be loaded through from now on, each with plans and caches of its own.
            dataSource.Clear();
            return side;
        }

        public async Task Append(object @event)
        {
            var stream = Next(appended);
            var result = await store.Append(new(stream, ExpectedVersion.Exactly(versions.GetValueOrDefault(stream)), [NewEvent.Of(@event)]));
            versions[stream] = result.Version;
        }

        public async Task<decimal> Load() => (await store.Load<LedgerState>(Next(loaded))).State.Balance;

        public async Task Check()
        {
            Benchmark.Expect(Movements.BalanceOf(EventsPerStream), await Load());
            await Benchmark.ExpectRows(dataSource, "eventstore.events", (loaded.Count * EventsPerStream) + versions.Values.Sum());
        }

        private static string TenantOf(int tenant) => "tenant-" + tenant;

        private static IReadOnlyList<StreamId> Ids(int tenants) =>
            [.. Enumerable.Range(0, Streams).Select(stream => new StreamId(TenantOf(stream % tenants), "ledger", Guid.CreateVersion7()))];

        private IEnumerable<ImportedEvent> Histories() => loaded.SelectMany(stream => Movements.Import(stream, Movements.Of(EventsPerStream)));

        private StreamId Next(IReadOnlyList<StreamId> streams) => streams[next = (next + Stride) % streams.Count];
    }
}
