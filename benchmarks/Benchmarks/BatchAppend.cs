using BenchmarkDotNet.Attributes;
using Marten;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;

namespace Monolith.Benchmarks;

/// <summary>What does an append of ten events cost, by how many write at once? Each append waits until its events are durable; the time is per append.</summary>
public class BatchAppend
{
    private const int AppendsPerInvocation = 512;
    private const int EventsPerAppend = 10;

    private readonly object[] events = [.. Movements.Of(EventsPerAppend + 1).Skip(1)];
    private NpgsqlDataSource dataSource = null!;
    private PostgresEventStore store = null!;
    private DocumentStore marten = null!;

    public static IEnumerable<int> Counts => Benchmark.IsDry ? [16] : [1, 16];

    [ParamsSource(nameof(Counts))]
    public int Writers { get; set; }

    [GlobalSetup]
    public async Task Setup()
    {
        dataSource = NpgsqlDataSource.Create(await Benchmark.NewDatabase("benchmark_batch"));
        store = await Benchmark.NewStore(dataSource);
        marten = await MartenStore.Open(await Benchmark.NewDatabase("benchmark_batch_marten"), snapshots: null);
    }

    [GlobalCleanup]
    public async Task Cleanup()
    {
        await store.DisposeAsync();
        await dataSource.DisposeAsync();
        await marten.DisposeAsync();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = AppendsPerInvocation, Description = "Marten, quick append")]
    public Task Marten() => Benchmark.Write(Writers, AppendsPerInvocation, async (stream, number) =>
    {
        await using var session = marten.LightweightSession("acme");
        if (number == 1)
        {
            session.Events.StartStream(stream, events);
        }
        else
        {
            session.Events.Append(stream, number * EventsPerAppend, events);
        }

        await session.SaveChangesAsync();
    });

    [Benchmark(OperationsPerInvoke = AppendsPerInvocation, Description = "Monolith")]
    public Task Append() => Benchmark.Write(Writers, AppendsPerInvocation, (stream, number) => store.Append(
        new(new("acme", "ledger", stream), ExpectedVersion.Exactly((number - 1) * EventsPerAppend), events.Select(NewEvent.Of))));
}
