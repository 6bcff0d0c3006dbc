using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Marten;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;

namespace Monolith.Benchmarks;

/// <summary>
/// What does an append of ten events cost, by how many write at once? Each append waits until its events are durable; the time is per append.
/// The limit is a bare INSERT of the same ten rows. Goals: 1.7 times as fast as Marten with 1 writer, 3 times with 16. Marten writes no snapshots here,
/// so what is compared with it is a type without; the other writes one every ten appends.
/// </summary>
public class BatchAppend
{
    public const int AppendsPerInvocation = 512;
    private const int EventsPerAppend = 10;

    private readonly object[] events = [.. Movements.Of(EventsPerAppend + 1).Skip(1)];
    private readonly byte[][] data = [.. Movements.Of(EventsPerAppend + 1).Skip(1).Select(moved => JsonSerializer.SerializeToUtf8Bytes(moved, EventJson.Options))];
    private NpgsqlDataSource bareSource = null!;
    private BareInsert bare = null!;
    private NpgsqlDataSource dataSource = null!;
    private NpgsqlDataSource martenSource = null!;
    private PostgresEventStore store = null!;
    private DocumentStore marten = null!;
    private int inserted;
    private int appended;
    private int appendedByMarten;

    public static IEnumerable<int> Counts => Benchmark.Effort.Of(dry: [16], quick: [1, 16], full: [1, 16]);

    [ParamsSource(nameof(Counts))]
    public int Writers { get; set; }

    [GlobalSetup]
    public async Task Setup()
    {
        dataSource = NpgsqlDataSource.Create(await Benchmark.NewDatabase("benchmark_batch"));
        store = await Benchmark.NewStore(dataSource);
        martenSource = NpgsqlDataSource.Create(await Benchmark.NewDatabase("benchmark_batch_marten"));
        marten = await MartenStore.Open(martenSource, snapshots: null);
        bareSource = NpgsqlDataSource.Create(await Benchmark.NewDatabase("benchmark_batch_bare"));
        bare = await BareInsert.Open(bareSource, Writers);
        await Benchmark.Warm(dataSource, Writers);
        await Benchmark.Warm(martenSource, Writers);
    }

    [GlobalCleanup]
    public async Task Cleanup()
    {
        await Benchmark.ExpectRows(dataSource, "eventstore.events", appended * EventsPerAppend);
        await Benchmark.ExpectRows(martenSource, "marten.mt_events", appendedByMarten * EventsPerAppend);
        await Benchmark.ExpectRows(bareSource, "bare", inserted * EventsPerAppend);
        await bare.DisposeAsync();
        await bareSource.DisposeAsync();
        await store.DisposeAsync();
        await dataSource.DisposeAsync();
        await marten.DisposeAsync();
        await martenSource.DisposeAsync();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = AppendsPerInvocation, Description = "Marten, quick append")]
    public Task Marten() => Benchmark.Write(Writers, AppendsPerInvocation, async (_, stream, number) =>
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
        Interlocked.Increment(ref appendedByMarten);
    });

    [Benchmark(OperationsPerInvoke = AppendsPerInvocation, Description = "bare INSERT of ten rows")]
    public Task Insert() => Benchmark.Write(Writers, AppendsPerInvocation, async (writer, stream, number) =>
    {
        await bare.InsertMany(writer, stream, (number - 1) * EventsPerAppend, data, "{}"u8.ToArray());
        Interlocked.Increment(ref inserted);
    });

    [Benchmark(OperationsPerInvoke = AppendsPerInvocation, Description = "Monolith")]
    public Task Append() => AppendTo("unsnapped_ledger");

    [Benchmark(OperationsPerInvoke = AppendsPerInvocation, Description = "Monolith, with snapshots")]
    public async Task AppendWithSnapshots()
    {
        await AppendTo("ledger");
        await store.DrainSnapshots();
    }

    private Task AppendTo(string type) => Benchmark.Write(Writers, AppendsPerInvocation, async (_, stream, number) =>
    {
        await store.Append(new(new("acme", type, stream), ExpectedVersion.Exactly((number - 1) * EventsPerAppend), events.Select(NewEvent.Of)));
        Interlocked.Increment(ref appended);
    });
}
