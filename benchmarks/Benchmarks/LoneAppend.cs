using BenchmarkDotNet.Attributes;

namespace Monolith.Benchmarks;

/// <summary>
/// What does an append of one event cost whoever writes alone, and waits until it is durable? Goals: 0.85 of the speed of the bare INSERT, 1.3 times that
/// of Marten.
/// </summary>
public class LoneAppend
{
    private const int EventsPerStream = 50;

    private LedgerWriters ledgers = null!;
    private Guid stream;
    private long version;

    [GlobalSetup(Target = nameof(Bare))]
    public async Task SetupBare() => ledgers = await LedgerWriters.Bare(writers: 1);

    [GlobalSetup(Target = nameof(Append))]
    public async Task SetupAppend() => ledgers = await LedgerWriters.Monolith(writers: 1);

    [GlobalSetup(Target = nameof(Uncoalesced))]
    public async Task SetupUncoalesced() => ledgers = await LedgerWriters.Monolith(writers: 1, new() { AppendLanes = 0 });

    [GlobalSetup(Target = nameof(Marten))]
    public async Task SetupMarten() => ledgers = await LedgerWriters.Marten(writers: 1);

    [GlobalCleanup]
    public async Task Cleanup() => await ledgers.DisposeAsync();

    [Benchmark(Baseline = true, Description = "bare INSERT")]
    public Task Bare() => Write();

    [Benchmark(Description = "Monolith")]
    public Task Append() => Write();

    [Benchmark(Description = "Monolith, not coalesced")]
    public Task Uncoalesced() => Write();

    [Benchmark(Description = "Marten, quick append")]
    public Task Marten() => Write();

    private Task Write()
    {
        version = (version % EventsPerStream) + 1;
        stream = version == 1 ? Guid.CreateVersion7() : stream;
        return ledgers.Append(writer: 0, stream, version);
    }
}
