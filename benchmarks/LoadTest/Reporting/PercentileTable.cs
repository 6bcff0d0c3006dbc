using System.Globalization;
using System.Text;
using Monolith.LoadTest.Arrivals;

namespace Monolith.LoadTest.Reporting;

/// <summary>What became of workloads: two rows of percentiles each, and what was not done.</summary>
internal static class PercentileTable
{
    private static readonly double[] Percents = [50, 90, 99, 99.9, 99.99, 100];

    public static string Of(IReadOnlyCollection<Meter> meters)
    {
        var text = new StringBuilder();
        text.AppendLine("| | Asked a second | Done a second | p50 | p90 | p99 | p99.9 | p99.99 | longest |");
        text.AppendLine("|---|---|---|---|---|---|---|---|---|");
        foreach (var meter in meters)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {meter.Name}, since it was due | {meter.Rate:N0} | {meter.RateDone:N0} | {Row(meter.SinceDue)} |");
            text.AppendLine(CultureInfo.InvariantCulture, $"| {meter.Name}, since it was begun | | | {Row(meter.SinceBegun)} |");
        }

        text.AppendLine();
        foreach (var meter in meters)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{meter.Name}: {meter.Asked:N0} asked, {meter.Done:N0} done, {Errors(meter)}.");
        }

        return text.ToString();
    }

    /// <summary>The percentiles as cells of a table.</summary>
    public static string Row(Latencies latencies) =>
        string.Join(" | ", Percents.Select(percent => string.Create(CultureInfo.InvariantCulture, $"{latencies.At(percent):F1} ms")));

    private static string Errors(Meter meter) =>
        meter.Errors.Count == 0 ? "no errors" : string.Join(", ", meter.Errors.Select(error => string.Create(CultureInfo.InvariantCulture, $"{error.Value:N0} {error.Key}")));
}
