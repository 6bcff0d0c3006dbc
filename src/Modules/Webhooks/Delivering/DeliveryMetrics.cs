using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;

namespace Monolith.Webhooks.Delivering;

/// <summary>What this host's attempts come to. It is a hosted service so that its counters are there, at zero, before the first attempt.</summary>
internal sealed class DeliveryMetrics : IHostedService
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Monolith.Webhooks";

    private readonly long[] attempts = new long[Outcome.All.Count];
    private readonly Histogram<double> duration;
    private long parked;

    public DeliveryMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableCounter(
            "monolith.webhooks.attempts",
            () => Outcome.All.Select((outcome, number) => new Measurement<long>(Volatile.Read(ref attempts[number]), new KeyValuePair<string, object?>("outcome", outcome))),
            "{attempt}",
            "Attempts to deliver by outcome: delivered, refused by the receiver's answer, timed out, unreachable, forbidden by the target's address, or unsendable.");
        meter.CreateObservableCounter("monolith.webhooks.parked", () => Volatile.Read(ref parked), "{delivery}", "Deliveries given up after their last attempt, without those that try an endpoint.");
        duration = meter.CreateHistogram(
            "monolith.webhooks.attempt.duration",
            "s",
            "Time of an attempt, up to the receiver's answer or to what came instead.",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30] });
    }

    /// <summary>An attempt is over.</summary>
    public void Attempted(string outcome, TimeSpan took)
    {
        Interlocked.Increment(ref attempts[Outcome.All.Index().First(known => known.Item == outcome).Index]);
        duration.Record(took.TotalSeconds);
    }

    /// <summary>A delivery was given up.</summary>
    public void Parked() => Interlocked.Increment(ref parked);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
