using BenchmarkDotNet.Attributes;
using JasperFx.Events.Projections;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;

namespace Monolith.Benchmarks;

/// <summary>
/// How fast does a new projection catch up? The same events of the same streams and tenants become the same Marten documents; the time is per
/// event, from the start of the runner or daemon until the last document is stored. Goal: 4 times as fast as the daemon.
/// </summary>
[InvocationCount(1)]
public class ProjectionCatchUp
{
    private const int EventsPerStream = 50;

    private ProjectedLedgers ledgers = null!;
    private ProjectedByMarten marten = null!;

    /// <summary>BenchmarkDotNet divides by a constant, so the dry run says too little per event; it is not there to be read.</summary>
    public const int Events = 100_000;

    // Every stream has its document, and every document its last event.
    private static string Whole => $" where (data ->> 'Movements')::int = {EventsPerStream - 1}";

    private static int Streams => (Benchmark.IsDry ? 2_000 : Events) / EventsPerStream;

    [GlobalSetup(Target = nameof(Runner))]
    public async Task SetupRunner() => ledgers = await ProjectedLedgers.Create("benchmark_catch_up", Streams, () => Movements.Of(EventsPerStream));

    [GlobalSetup(Target = nameof(MartenDaemon))]
    public async Task SetupMarten() => marten = await ProjectedByMarten.Create(
        "benchmark_catch_up_marten", Streams, () => Movements.Of(EventsPerStream), options => options.Projections.Snapshot<MartenLedger>(SnapshotLifecycle.Async));

    [IterationSetup(Target = nameof(Runner))]
    public void ForgetRunner() => ledgers.Forget(ProjectedLedgers.Documents);

    [IterationSetup(Target = nameof(MartenDaemon))]
    public void ForgetMarten() => marten.Forget(ProjectedByMarten.Documents);

    [IterationCleanup(Target = nameof(Runner))]
    public void CheckRunner() => ledgers.Check(ProjectedLedgers.Documents + Whole, Streams);

    [IterationCleanup(Target = nameof(MartenDaemon))]
    public void CheckMarten() => marten.Check(ProjectedByMarten.Documents + Whole, Streams);

    [GlobalCleanup(Target = nameof(Runner))]
    public async Task CleanupRunner() => await ledgers.DisposeAsync();

    [GlobalCleanup(Target = nameof(MartenDaemon))]
    public async Task CleanupMarten() => await marten.DisposeAsync();

    [Benchmark(Baseline = true, OperationsPerInvoke = Events, Description = "Marten, async daemon")]
    public Task MartenDaemon() => marten.CatchUp();

    [Benchmark(OperationsPerInvoke = Events, Description = "Monolith")]
    public Task Runner() => ledgers.CatchUp(new Ledgers());
}

public sealed record LedgerView(Guid Id, string Holder, decimal Balance, int Movements);

/// <summary>The fold of <see cref="MartenLedger"/>.</summary>
public sealed class Ledgers : DocumentProjection<LedgerView>
{
    public Ledgers() : base("benchmark.ledgers", version: 1) => Reads<Ledger>();

    public override LedgerView? Apply(LedgerView? view, EventEnvelope envelope) => envelope.Event switch
    {
        Opened e => new(envelope.AggregateId, e.Holder, 0m, 0),
        Moved e => view! with { Balance = e.Balance, Movements = view.Movements + 1 },
        _ => view,
    };
}
