using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;

namespace Monolith.Benchmarks;

/// <summary>
/// Does a load stay as fast while the history grows? Every load reads a snapshot and 99 events, the most there are: the state now, and the state at
/// a version in the middle. Goal: at most 1.2 times as long as of the shortest history.
/// </summary>
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public class LoadByLength
{
    private const string Now = "now";
    private const string InTheMiddle = "in the middle";
    private const int LongestTail = 99;

    // Made once for all benchmarks: they only read.
    private static readonly Lazy<Task<Library>> Histories = new(Library.Create);

    private Library histories = null!;

    [GlobalSetup]
    public async Task Setup() => histories = await Histories.Value;

    [BenchmarkCategory(Now), Benchmark(Baseline = true, Description = "of 199 events")]
    public Task<decimal> Of100() => Load(100, AsOf.Now);

    [BenchmarkCategory(Now), Benchmark(Description = "of 1,099 events")]
    public Task<decimal> Of1000() => Load(1_000, AsOf.Now);

    [BenchmarkCategory(Now), Benchmark(Description = "of 10,099 events")]
    public Task<decimal> Of10000() => Load(10_000, AsOf.Now);

    [BenchmarkCategory(Now), Benchmark(Description = "of 100,099 events")]
    public Task<decimal> Of100000() => Load(100_000, AsOf.Now);

    [BenchmarkCategory(InTheMiddle), Benchmark(Baseline = true, Description = "of 1,099 events, at 599")]
    public Task<decimal> MiddleOf1000() => Load(1_000, AsOf.Version(599));

    [BenchmarkCategory(InTheMiddle), Benchmark(Description = "of 10,099 events, at 5,099")]
    public Task<decimal> MiddleOf10000() => Load(10_000, AsOf.Version(Benchmark.IsDry ? 599 : 5_099));

    [BenchmarkCategory(InTheMiddle), Benchmark(Description = "of 100,099 events, at 50,099")]
    public Task<decimal> MiddleOf100000() => Load(100_000, AsOf.Version(Benchmark.IsDry ? 599 : 50_099));

    private Task<decimal> Load(int length, AsOf asOf) => histories.Load(length, asOf);

    private sealed class Library(PostgresEventStore store)
    {
        private readonly Dictionary<int, StreamId> streams = [];

        public static async Task<Library> Create()
        {
            const string Database = "benchmark_length";
            Benchmark.Keep(Database);
            var dataSource = NpgsqlDataSource.Create(await Benchmark.NewDatabase(Database));
            var library = new Library(await Benchmark.NewStore(dataSource));
            foreach (var length in (int[])[100, 1_000, 10_000, 100_000])
            {
                await library.Add(length);
            }

            await Benchmark.Execute(dataSource, "vacuum analyze");
            return library;
        }

        public async Task<decimal> Load(int length, AsOf asOf)
        {
            var loaded = await store.Load<LedgerState>(streams[length], asOf);
            Benchmark.Expect(LongestTail, loaded.EventsRead);
            Benchmark.Expect(Movements.BalanceOf((int)loaded.Version), loaded.State.Balance);
            return loaded.State.Balance;
        }

        private static int Stored(int length) => Benchmark.IsDry ? Math.Min(length, 1_000) : length;

        private async Task Add(int length)
        {
            var stream = streams[length] = new("acme", "ledger", Guid.CreateVersion7());
            await store.Import(Movements.Import(stream, Movements.Of(Stored(length) + LongestTail)).ToAsyncEnumerable());
            await store.DrainSnapshots();
        }
    }
}
