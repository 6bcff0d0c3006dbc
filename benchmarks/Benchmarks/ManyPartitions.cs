using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;

namespace Monolith.Benchmarks;

/// <summary>
/// What do many partitions cost? The same streams of the same tenants lie in one partition, in 64, and in one for each of 16 aggregate types in each of 64 shards.
/// Appends and loads go round all streams in turn, which is the worst for whatever is kept by partition, prepared statements above all; or as tenants do, of which
/// few are busy and most are not: the n-th comes as often as one in n, and so do the types. A start opens new connections, migrates, and loads one state.
/// Goals: 0.9 of the speed, and a start under 5 seconds.
/// </summary>
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public class ManyPartitions
{
    private const string Append = "append in turn";
    private const string AppendAsTenants = "append as tenants do";
    private const string Load = "load in turn";
    private const string LoadAsTenants = "load as tenants do";
    private const string Start = "start";
    private const int Types = 16;
    private const int EventsPerStream = 50;

    // Made once for all benchmarks, because a thousand partitions take a while.
    private static readonly Lazy<Task<Side>> One = new(() => Side.Create("benchmark_one_partition", shards: 1, types: 1));
    private static readonly Lazy<Task<Side>> Some = new(() => Side.Create("benchmark_some_partitions", Math.Min(Tenants, 16), types: 4));
    private static readonly Lazy<Task<Side>> Many = new(() => Side.Create("benchmark_many_partitions", Tenants, Types));

    private readonly Moved moved = new(12.50m, "a movement of usual length", 1012.50m);
    private Side one = null!;
    private Side some = null!;
    private Side many = null!;

    private static int Tenants => Benchmark.IsDry ? 2 : 64;

    [GlobalSetup]
    public async Task Setup()
    {
        (one, some, many) = (await One.Value, await Some.Value, await Many.Value);
        await Check();
    }

    [GlobalCleanup]
    public Task Cleanup() => Check();

    [BenchmarkCategory(Append), Benchmark(Baseline = true, Description = "in 1 partition")]
    public Task<AppendResult> AppendInOne() => one.Append(moved, Walk.InTurn);

    [BenchmarkCategory(Append), Benchmark(Description = "in 64 partitions")]
    public Task<AppendResult> AppendInSome() => some.Append(moved, Walk.InTurn);

    [BenchmarkCategory(Append), Benchmark(Description = "in 1,024 partitions")]
    public Task<AppendResult> AppendInMany() => many.Append(moved, Walk.InTurn);

    [BenchmarkCategory(AppendAsTenants), Benchmark(Baseline = true, Description = "in 1 partition")]
    public Task<AppendResult> AppendAsTenantsInOne() => one.Append(moved, Walk.AsTenants);

    [BenchmarkCategory(AppendAsTenants), Benchmark(Description = "in 64 partitions")]
    public Task<AppendResult> AppendAsTenantsInSome() => some.Append(moved, Walk.AsTenants);

    [BenchmarkCategory(AppendAsTenants), Benchmark(Description = "in 1,024 partitions")]
    public Task<AppendResult> AppendAsTenantsInMany() => many.Append(moved, Walk.AsTenants);

    [BenchmarkCategory(Load), Benchmark(Baseline = true, Description = "in 1 partition")]
    public Task<decimal> LoadInOne() => one.Load(Walk.InTurn);

    [BenchmarkCategory(Load), Benchmark(Description = "in 64 partitions")]
    public Task<decimal> LoadInSome() => some.Load(Walk.InTurn);

    [BenchmarkCategory(Load), Benchmark(Description = "in 1,024 partitions")]
    public Task<decimal> LoadInMany() => many.Load(Walk.InTurn);

    [BenchmarkCategory(LoadAsTenants), Benchmark(Baseline = true, Description = "in 1 partition")]
    public Task<decimal> LoadAsTenantsInOne() => one.Load(Walk.AsTenants);

    [BenchmarkCategory(LoadAsTenants), Benchmark(Description = "in 64 partitions")]
    public Task<decimal> LoadAsTenantsInSome() => some.Load(Walk.AsTenants);

    [BenchmarkCategory(LoadAsTenants), Benchmark(Description = "in 1,024 partitions")]
    public Task<decimal> LoadAsTenantsInMany() => many.Load(Walk.AsTenants);

    [BenchmarkCategory(Start), Benchmark(Baseline = true, Description = "with 1 partition")]
    public Task<decimal> StartWithOne() => one.Start();

    [BenchmarkCategory(Start), Benchmark(Description = "with 64 partitions")]
    public Task<decimal> StartWithSome() => some.Start();

    [BenchmarkCategory(Start), Benchmark(Description = "with 1,024 partitions")]
    public Task<decimal> StartWithMany() => many.Start();

    private async Task Check()
    {
        await one.Check();
        await some.Check();
        await many.Check();
    }

    private sealed class Side(
        string connectionString, NpgsqlDataSource dataSource, DomainModel model, EventStoreOptions options, PostgresEventStore store)
    {
        private readonly List<StreamId> loaded = [];
        private readonly List<StreamId> appended = [];
        private readonly Dictionary<StreamId, long> versions = [];
        private int next;

        public static async Task<Side> Create(string database, int shards, int types)
        {
            var model = Kinds.All.Take(types - 1).Aggregate(Benchmark.Ledgers(), (builder, kind) => builder.AddAggregate(kind)).Build();
            Benchmark.Keep(database);
            var connectionString = await Benchmark.NewDatabase(database);
            var dataSource = NpgsqlDataSource.Create(connectionString);
            var options = new EventStoreOptions { PoolShards = shards };
            var side = new Side(connectionString, dataSource, model, options, await Benchmark.NewStore(dataSource, options, model));
            await side.Fill();
            return side;
        }

        public async Task<AppendResult> Append(object @event, Walk walk)
        {
            var stream = Next(appended, walk);
            var result = await store.Append(new(stream, ExpectedVersion.Exactly(versions.GetValueOrDefault(stream)), [NewEvent.Of(@event)]));
            versions[stream] = result.Version;
            return result;
        }

        public async Task<decimal> Load(Walk walk) => (await store.Load<LedgerState>(Next(loaded, walk))).State.Balance;

        public async Task<decimal> Start()
        {
            await using var fresh = NpgsqlDataSource.Create(connectionString);
            await new Migrator(fresh, model, options).Migrate();
            await using var started = new PostgresEventStore(fresh, model, options);
            return (await started.Load<LedgerState>(Next(loaded, Walk.InTurn))).State.Balance;
        }

        public async Task Check()
        {
            Benchmark.Expect(Movements.BalanceOf(EventsPerStream), await Load(Walk.InTurn));
            await Benchmark.ExpectRows(dataSource, "eventstore.events", (loaded.Count * EventsPerStream) + versions.Values.Sum());
        }

        // One stream of each kind for each tenant: where there is one type only, sixteen of that.
        private async Task Fill()
        {
            for (var tenant = 0; tenant < Tenants; tenant++)
            {
                await store.Tenants.Add("tenant-" + tenant);
                for (var kind = 0; kind < Types; kind++)
                {
                    var type = model.Aggregates[kind % model.Aggregates.Count].Name;
                    loaded.Add(new("tenant-" + tenant, type, Guid.CreateVersion7()));
                    appended.Add(new("tenant-" + tenant, type, Guid.CreateVersion7()));
                }
            }

            await store.Import(loaded.SelectMany(stream => Movements.Import(stream, Movements.Of(EventsPerStream))).ToAsyncEnumerable());
            await Benchmark.Execute(dataSource, "vacuum analyze");
        }

        private StreamId Next(List<StreamId> streams, Walk walk) => streams[walk.At(next++, Tenants, Types)];
    }
}

/// <summary>In which order streams come, of which each tenant has one of each type.</summary>
internal abstract class Walk
{
    /// <summary>Round all streams without going from neighbour to neighbour.</summary>
    public static Walk InTurn { get; } = new Round();

    /// <summary>The n-th tenant comes as often as one in n, and so does the n-th type.</summary>
    public static Walk AsTenants { get; } = new Harmonic();

    /// <summary>Which stream is the n-th.</summary>
    public abstract int At(int n, int tenants, int types);

    private sealed class Round : Walk
    {
        private const int Stride = 337;

        public override int At(int n, int tenants, int types) => (int)((long)n * Stride % (tenants * types));
    }

    // The same order for all sides and in every run.
    private sealed class Harmonic : Walk
    {
        private const int Seed = 20_211;
        private const int Picks = 1 << 16;

        private readonly Dictionary<(int Tenants, int Types), int[]> walks = [];

        public override int At(int n, int tenants, int types)
        {
            if (!walks.TryGetValue((tenants, types), out var picks))
            {
                var random = new Random(Seed);
                picks = [.. Enumerable.Range(0, Picks).Select(_ => (Pick(random, tenants) * types) + Pick(random, types))];
                walks.Add((tenants, types), picks);
            }

            return picks[n % Picks];
        }

        private static int Pick(Random random, int of)
        {
            var left = random.NextDouble() * Enumerable.Range(1, of).Sum(n => 1.0 / n);
            var n = 0;
            while (n < of - 1 && (left -= 1.0 / (n + 1)) > 0)
            {
                n++;
            }

            return n;
        }
    }
}

/// <summary>Ledgers under fifteen other names.</summary>
internal static class Kinds
{
    public static IReadOnlyList<Type> All { get; } = typeof(Kinds).GetNestedTypes();

    [AggregateType("kind_01")] public sealed class Kind01(Guid id) : Aggregate<LedgerState>(id);

    [AggregateType("kind_02")] public sealed class Kind02(Guid id) : Aggregate<LedgerState>(id);

    [AggregateType("kind_03")] public sealed class Kind03(Guid id) : Aggregate<LedgerState>(id);

    [AggregateType("kind_04")] public sealed class Kind04(Guid id) : Aggregate<LedgerState>(id);

    [AggregateType("kind_05")] public sealed class Kind05(Guid id) : Aggregate<LedgerState>(id);

    [AggregateType("kind_06")] public sealed class Kind06(Guid id) : Aggregate<LedgerState>(id);

    [AggregateType("kind_07")] public sealed class Kind07(Guid id) : Aggregate<LedgerState>(id);

    [AggregateType("kind_08")] public sealed class Kind08(Guid id) : Aggregate<LedgerState>(id);

    [AggregateType("kind_09")] public sealed class Kind09(Guid id) : Aggregate<LedgerState>(id);

    [AggregateType("kind_10")] public sealed class Kind10(Guid id) : Aggregate<LedgerState>(id);

    [AggregateType("kind_11")] public sealed class Kind11(Guid id) : Aggregate<LedgerState>(id);

    [AggregateType("kind_12")] public sealed class Kind12(Guid id) : Aggregate<LedgerState>(id);

    [AggregateType("kind_13")] public sealed class Kind13(Guid id) : Aggregate<LedgerState>(id);

    [AggregateType("kind_14")] public sealed class Kind14(Guid id) : Aggregate<LedgerState>(id);

    [AggregateType("kind_15")] public sealed class Kind15(Guid id) : Aggregate<LedgerState>(id);
}
