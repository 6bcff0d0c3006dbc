using System.Diagnostics;
using System.Diagnostics.Metrics;
using BenchmarkDotNet.Attributes;
using Monolith.EventStore;

namespace Monolith.Benchmarks;

/// <summary>
/// What does it cost an append that metrics are collected and every span is recorded? Goal: at most 5 % more than when nobody listens.
/// </summary>
public class ObservedAppend
{
    public const int Appends = 1600;

    private LedgerWriters ledgers = null!;
    private MeterListener? metrics;
    private ActivityListener? traces;
    private ActivitySource? requests;
    private long measured;
    private long spans;

    public static IEnumerable<int> Counts => Benchmark.Effort.Of<int>(dry: [16], quick: [1, 16], full: [1, 16, 64]);

    [ParamsSource(nameof(Counts))]
    public int Writers { get; set; }

    [GlobalSetup(Target = nameof(Unobserved))]
    public async Task Setup() => ledgers = await LedgerWriters.Monolith(Writers);

    [GlobalSetup(Target = nameof(Observed))]
    public async Task SetupObserved()
    {
        Listen();
        await Setup();
    }

    /// <summary>Begins to collect all metrics and to record all spans of this process.</summary>
    public void Listen()
    {
        metrics = new()
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name is StoreMetrics.MeterName or "Npgsql")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        metrics.SetMeasurementEventCallback<double>((_, _, _, _) => Interlocked.Increment(ref measured));
        metrics.SetMeasurementEventCallback<long>((_, _, _, _) => Interlocked.Increment(ref measured));
        metrics.SetMeasurementEventCallback<int>((_, _, _, _) => Interlocked.Increment(ref measured));
        metrics.Start();
        traces = new()
        {
            ShouldListenTo = source => source.Name is StoreTracing.SourceName or "Npgsql" or nameof(ObservedAppend),
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ => Interlocked.Increment(ref spans),
        };
        ActivitySource.AddActivityListener(traces);
        requests = new(nameof(ObservedAppend));
    }

    /// <summary>Ends that, and looks whether anything was collected.</summary>
    public void StopListening()
    {
        metrics?.Dispose();
        traces?.Dispose();
        requests?.Dispose();
        Benchmark.Expect(expected: true, measured > 0 && spans > 0);
    }

    [GlobalCleanup]
    public async Task Cleanup()
    {
        if (traces is not null)
        {
            StopListening();
        }

        await ledgers.DisposeAsync();
    }

    [Benchmark(Baseline = true, Description = "nobody listens", OperationsPerInvoke = Appends)]
    public Task Unobserved() => Benchmark.Write(Writers, Appends, ledgers.Append);

    [Benchmark(Description = "metrics and traces", OperationsPerInvoke = Appends)]
    public Task Observed() => Benchmark.Write(Writers, Appends, async (writer, stream, version) =>
    {
        using var request = requests!.StartActivity("append");
        await ledgers.Append(writer, stream, version);
    });
}
