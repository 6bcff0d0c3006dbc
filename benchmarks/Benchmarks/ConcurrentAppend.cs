using BenchmarkDotNet.Attributes;

namespace Monolith.Benchmarks;

/// <summary>
/// What does an append of one event cost, by how many write at once? Every writer appends to a stream of its own and waits until its
/// event is durable; the time is per append. Goals at 16, 64 and 256 writers: 2, 3 and 5 times the bare INSERT; 3, 5 and 8 times Marten.
/// </summary>
public class ConcurrentAppend
{
    private const int AppendsPerInvocation = 4096;

    private LedgerWriters ledgers = null!;

    public static IEnumerable<int> Counts => Benchmark.Effort.Of(dry: [16], quick: [16, 64, 256], full: [1, 4, 16, 64, 256]);

    [ParamsSource(nameof(Counts))]
    public int Writers { get; set; }

    [GlobalSetup(Target = nameof(Bare))]
    public async Task SetupBare() => ledgers = await LedgerWriters.Bare(Writers);

    [GlobalSetup(Target = nameof(Append))]
    public async Task SetupAppend() => ledgers = await LedgerWriters.Monolith(Writers);

    [GlobalSetup(Target = nameof(Uncoalesced))]
    public async Task SetupUncoalesced() => ledgers = await LedgerWriters.Monolith(Writers, new() { AppendLanes = 0 });

    [GlobalSetup(Target = nameof(Marten))]
    public async Task SetupMarten() => ledgers = await LedgerWriters.Marten(Writers);

    [GlobalCleanup]
    public async Task Cleanup() => await ledgers.DisposeAsync();

    [Benchmark(Baseline = true, OperationsPerInvoke = AppendsPerInvocation, Description = "bare INSERT")]
    public Task Bare() => Write();

    [Benchmark(OperationsPerInvoke = AppendsPerInvocation, Description = "Monolith")]
    public Task Append() => Write();

    [Benchmark(OperationsPerInvoke = AppendsPerInvocation, Description = "Monolith, not coalesced")]
    public Task Uncoalesced() => Write();

    [Benchmark(OperationsPerInvoke = AppendsPerInvocation, Description = "Marten, quick append")]
    public Task Marten() => Write();

    private Task Write() => Benchmark.Write(Writers, AppendsPerInvocation, ledgers.Append);
}
