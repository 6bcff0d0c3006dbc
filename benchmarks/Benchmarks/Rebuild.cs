using BenchmarkDotNet.Attributes;
using JasperFx.Events.Projections;

namespace Monolith.Benchmarks;

/// <summary>
/// How fast are documents made anew that are there already? Ours are built beside the live ones, which queries see until the swap; Marten's are emptied first. The
/// time is per event, from the start of the runner or daemon until the new documents have taken the place of the old.
/// </summary>
public class Rebuild
{
    private const int EventsPerStream = 50;

    private ProjectedLedgers ledgers = null!;
    private ProjectedByMarten marten = null!;

    /// <summary>BenchmarkDotNet divides by a constant, so the dry run says too little per event; it is not there to be read.</summary>
    public const int Events = 100_000;

    private static string Whole => $" where (data ->> 'Movements')::int = {EventsPerStream - 1}";

    private static int Streams => (Benchmark.IsDry ? 2_000 : Events) / EventsPerStream;

    [GlobalSetup(Target = nameof(Beside))]
    public async Task SetupMonolith()
    {
        ledgers = await ProjectedLedgers.Create("benchmark_rebuild", Streams, () => Movements.Of(EventsPerStream));
        await ledgers.CatchUp(new Ledgers());
    }

    [GlobalSetup(Target = nameof(Marten))]
    public async Task SetupMarten()
    {
        marten = await ProjectedByMarten.Create(
            "benchmark_rebuild_marten", Streams, () => Movements.Of(EventsPerStream), options => options.Projections.Snapshot<MartenLedger>(SnapshotLifecycle.Async));
        await marten.CatchUp();
    }

    [IterationCleanup(Target = nameof(Beside))]
    public void CheckMonolith() => ledgers.Check(ProjectedLedgers.Documents + Whole, Streams);

    [IterationCleanup(Target = nameof(Marten))]
    public void CheckMarten() => marten.Check(ProjectedByMarten.Documents + Whole, Streams);

    [GlobalCleanup(Target = nameof(Beside))]
    public async Task CleanupMonolith() => await ledgers.DisposeAsync();

    [GlobalCleanup(Target = nameof(Marten))]
    public async Task CleanupMarten() => await marten.DisposeAsync();

    [Benchmark(Baseline = true, OperationsPerInvoke = Events, Description = "Marten, documents emptied first")]
    public Task Marten() => marten.Rebuild();

    [Benchmark(OperationsPerInvoke = Events, Description = "Monolith, beside the live documents")]
    public Task Beside() => ledgers.Rebuild(new Ledgers());
}
