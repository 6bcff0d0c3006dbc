using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Marten;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;

namespace Monolith.Benchmarks;

/// <summary>
/// What does an append of one event cost, by how many write at once? Every writer appends to a stream of its own and waits until its
/// event is durable; the time is per append.
/// </summary>
public class ConcurrentAppend
{
    private const int AppendsPerInvocation = 2048;

    private readonly Moved moved = new(12.50m, "a movement of usual length", 1012.50m);
    private readonly byte[] metadata = "{}"u8.ToArray();
    private NpgsqlDataSource dataSource = null!;
    private PostgresEventStore store = null!;
    private PostgresEventStore uncoalesced = null!;
    private DocumentStore marten = null!;
    private BareInsert bare = null!;
    private byte[] data = null!;

    public static IEnumerable<int> Counts => Benchmark.IsDry ? [16] : [1, 4, 16, 64, 256];

    [ParamsSource(nameof(Counts))]
    public int Writers { get; set; }

    [GlobalSetup]
    public async Task Setup()
    {
        dataSource = NpgsqlDataSource.Create(await Benchmark.NewDatabase("benchmark_append"));
        store = await Benchmark.NewStore(dataSource);
        uncoalesced = new(dataSource, Benchmark.Model, new() { AppendLanes = 0 });
        bare = new(dataSource);
        await bare.Create();
        data = JsonSerializer.SerializeToUtf8Bytes(moved, EventJson.Options);
        marten = await MartenStore.Open(await Benchmark.NewDatabase("benchmark_append_marten"), snapshots: null);
    }

    [GlobalCleanup]
    public async Task Cleanup()
    {
        await store.DisposeAsync();
        await uncoalesced.DisposeAsync();
        await dataSource.DisposeAsync();
        await marten.DisposeAsync();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = AppendsPerInvocation, Description = "bare INSERT")]
    public Task Bare() => Write(async (stream, version) => await bare.Insert(stream, version, data, metadata));

    [Benchmark(OperationsPerInvoke = AppendsPerInvocation, Description = "Monolith")]
    public Task Append() => Write(async (stream, version) => await Append(store, stream, version));

    [Benchmark(OperationsPerInvoke = AppendsPerInvocation, Description = "Monolith, not coalesced")]
    public Task Uncoalesced() => Write(async (stream, version) => await Append(uncoalesced, stream, version));

    [Benchmark(OperationsPerInvoke = AppendsPerInvocation, Description = "Marten, quick append")]
    public Task Marten() => Write(async (stream, version) =>
    {
        await using var session = marten.LightweightSession("acme");
        if (version == 1)
        {
            session.Events.StartStream(stream, moved);
        }
        else
        {
            session.Events.Append(stream, version, moved);
        }

        await session.SaveChangesAsync();
    });

    private Task<AppendResult> Append(PostgresEventStore to, Guid stream, long version) =>
        to.Append(new(new("acme", "ledger", stream), ExpectedVersion.Exactly(version - 1), [NewEvent.Of(moved)]));

    private Task Write(Func<Guid, long, Task> append) => Benchmark.Write(Writers, AppendsPerInvocation, append);
}
