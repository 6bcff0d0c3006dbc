using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;

namespace Monolith.Benchmarks;

/// <summary>
/// What do a thousand partitions cost? The same streams of the same tenants lie in one partition, and in one for each of 16 aggregate types in each of
/// 64 shards. Appends and loads go round all of them, which is the worst for whatever is kept by partition, prepared statements above all. A start
/// opens new connections, migrates, and loads one state. Goals: 0.9 of the speed, and a start under 5 seconds.
/// </summary>
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public class ManyPartitions
{
    private const string Append = "append";
    private const string Load = "load";
    private const string Start = "start";
    private const int Types = 16;
    private const int EventsPerStream = 50;

    // Goes round all streams without going from neighbour to neighbour.
    private const int Stride = 337;

    // Made once for all benchmarks, because a thousand partitions take a while.
    private static readonly Lazy<Task<Side>> One = new(() => Side.Create("benchmark_one_partition", shards: 1, Benchmark.Ledgers().Build()));
    private static readonly Lazy<Task<Side>> Many = new(() => Side.Create(
        "benchmark_many_partitions", Shards, Kinds.All.Aggregate(Benchmark.Ledgers(), (builder, kind) => builder.AddAggregate(kind)).Build()));

    private readonly Moved moved = new(12.50m, "a movement of usual length", 1012.50m);
    private Side one = null!;
    private Side many = null!;

    private static int Shards => Benchmark.IsDry ? 2 : 64;

    [GlobalSetup]
    public async Task Setup()
    {
        one = await One.Value;
        many = await Many.Value;
        await one.Check();
        await many.Check();
    }

    [GlobalCleanup]
    public async Task Cleanup()
    {
        await one.Check();
        await many.Check();
    }

    [BenchmarkCategory(Append), Benchmark(Baseline = true, Description = "in 1 partition")]
    public Task<AppendResult> AppendInOne() => one.Append(moved);

    [BenchmarkCategory(Append), Benchmark(Description = "in 1,024 partitions")]
    public Task<AppendResult> AppendInMany() => many.Append(moved);

    [BenchmarkCategory(Load), Benchmark(Baseline = true, Description = "in 1 partition")]
    public Task<decimal> LoadInOne() => one.Load();

    [BenchmarkCategory(Load), Benchmark(Description = "in 1,024 partitions")]
    public Task<decimal> LoadInMany() => many.Load();

    [BenchmarkCategory(Start), Benchmark(Baseline = true, Description = "with 1 partition")]
    public Task<decimal> StartWithOne() => one.Start();

    [BenchmarkCategory(Start), Benchmark(Description = "with 1,024 partitions")]
    public Task<decimal> StartWithMany() => many.Start();

    private sealed class Side(
        string connectionString, NpgsqlDataSource dataSource, DomainModel model, EventStoreOptions options, PostgresEventStore store)
    {
        private readonly List<StreamId> loaded = [];
        private readonly List<StreamId> appended = [];
        private readonly Dictionary<StreamId, long> versions = [];
        private int next;

        public static async Task<Side> Create(string database, int shards, DomainModel model)
        {
            var connectionString = await Benchmark.NewDatabase(database);
            var dataSource = NpgsqlDataSource.Create(connectionString);
            var options = new EventStoreOptions { PoolShards = shards };
            var side = new Side(connectionString, dataSource, model, options, await Benchmark.NewStore(dataSource, options, model));
            await side.Fill();
            return side;
        }

        public async Task<AppendResult> Append(object @event)
        {
            var stream = Next(appended);
            var result = await store.Append(new(stream, ExpectedVersion.Exactly(versions.GetValueOrDefault(stream)), [NewEvent.Of(@event)]));
            versions[stream] = result.Version;
            return result;
        }

        public async Task<decimal> Load() => (await store.Load<LedgerState>(Next(loaded))).State.Balance;

        public async Task<decimal> Start()
        {
            await using var fresh = NpgsqlDataSource.Create(connectionString);
            await new Migrator(fresh, model, options).Migrate();
            await using var started = new PostgresEventStore(fresh, model, options);
            return (await started.Load<LedgerState>(Next(loaded))).State.Balance;
        }

        public async Task Check()
        {
            Benchmark.Expect(Movements.BalanceOf(EventsPerStream), await Load());
            await Benchmark.ExpectRows(dataSource, "eventstore.events", (loaded.Count * EventsPerStream) + versions.Values.Sum());
        }

        // One stream of each kind for each tenant: where there is one type only, sixteen of that.
        private async Task Fill()
        {
            for (var tenant = 0; tenant < Shards; tenant++)
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

        private StreamId Next(List<StreamId> streams) => streams[next = (next + Stride) % streams.Count];
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
