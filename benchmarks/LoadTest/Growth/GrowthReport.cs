using Monolith.LoadTest.Reporting;
using Monolith.LoadTest.Stores;
using static System.FormattableString;

namespace Monolith.LoadTest.Growth;

/// <summary>The sizes beside each other: what was measured, how often as much as in the smallest store that is, and a picture of it.</summary>
internal sealed class GrowthReport(IReadOnlyList<GrowthPoint> points, int tenants)
{
    // Two runs of the same differ by that much.
    private const double Flat = 1.25;

    private readonly Curve[] curves =
    [
        new("append, alone", Values(points, (point, _) => point.LoneAppend.Append)),
        new("append, 16 writers", Values(points, (point, _) => point.SixteenAppends.Append)),
        new("load", Values(points, (point, _) => point.Load)),
        new("catch-up, each further event", Values(points, (point, before) => point.CatchUpFurther(before))),
        new("rebuild, each event", Values(points, (point, _) => point.RebuildEach)),
    ];

    public async Task Write(Report report, string? svg)
    {
        report.Add($"Ledgers of 50 events of {tenants} tenants in 8 shards, imported by COPY as if {Filling.AtATime:N0} at a time were written to, then analyzed, with a checkpoint. Loads and appends are of any ledger of the store, by the median of five rounds; each round of appends has one of bare INSERTs of the same row into a small table before it. In parentheses how often as much as in the smallest store that it is known of. What each further event takes to catch up with is the time of this store less that of the one before, by the events that it has more; what each takes to rebuild is measured from the first that is taken to the last, since the beginning and the swap take some seconds in any store.\n");
        Row(report, "Events", point => Invariant($"{point.Events:N0}"));
        report.Add($"|---|{string.Concat(points.Select(_ => "---|"))}");
        Row(report, "Ledgers", point => Invariant($"{point.Streams:N0}"));
        foreach (var curve in curves)
        {
            Row(report, curve.Label, point => curve.At(point.Events) is { } value ? Invariant($"{value:N1} us ({value / curve.First:F2})") : "");
        }

        Row(report, "Catch-up, in all", point => point.CatchUp is { } time ? Invariant($"{time.TotalSeconds:F1} s") : "");
        Row(report, "Rebuild, in all", point => point.Rebuild is { } time ? Invariant($"{time.TotalSeconds:F1} s") : "");
        Row(report, "Bare INSERT beside, alone", point => Invariant($"{point.LoneAppend.Bare:N0} us ({point.LoneAppend.Bare / points[0].LoneAppend.Bare:F2})"));
        Row(report, "Bare INSERT beside, 16 writers", point => Invariant($"{point.SixteenAppends.Bare:N0} us ({point.SixteenAppends.Bare / points[0].SixteenAppends.Bare:F2})"));
        Row(report, "Log for an append, alone", point => Invariant($"{point.LogPerAppend:N0} bytes ({point.LogPerAppend / points[0].LogPerAppend:F2})"));
        Row(report, "Pages for a load that were not in the server's buffers", point => Invariant($"{point.PagesRead:F2}"));
        Row(report, "Import, events a second", point => Invariant($"{point.ImportRate:N0}"));
        Row(report, "Bytes on disk for an event, indexes included", point => Invariant($"{point.BytesPerEvent:N0} ({point.BytesPerEvent / points[0].BytesPerEvent:F2})"));
        report.Add($"");
        foreach (var curve in curves.Where(curve => curve.Points.Count > 1))
        {
            var (smallest, largest) = (curve.Points[0], curve.Points[^1]);
            var ratio = largest.Value / smallest.Value;
            report.Add($"- {curve.Label}: {ratio:F2} times as much at {largest.Events:N0} events as at {smallest.Events:N0}, {(ratio <= Flat ? "flat" : "not flat")}.");
            report.Result(curve.Name.Replace(", ", "_", StringComparison.Ordinal).Replace(' ', '_').Replace('-', '_') + "_ratio", ratio);
        }

        report.Result("import_events_per_second", points[^1].ImportRate);
        report.Result("bytes_per_event", points[^1].BytesPerEvent);
        if (svg is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(svg))!);
            await File.WriteAllTextAsync(svg, GrowthChart.Svg([.. curves.Where(curve => curve.Points.Count > 0).Select(curve =>
                (curve.Name, curve.Points.Select(point => ((double)point.Events, point.Value / curve.First)).ToArray()))]));
            report.Add($"\n![Cost of growth]({Path.GetFileName(svg)})");
        }
    }

    private void Row(Report report, string name, Func<GrowthPoint, string> cell) => report.Add($"| {name} | {string.Join(" | ", points.Select(cell))} |");

    // By size, beside what the size before it had.
    private static List<(long Events, double Value)> Values(IReadOnlyList<GrowthPoint> points, Func<GrowthPoint, GrowthPoint?, double?> of) =>
        [.. points.Select((point, i) => (point.Events, Value: of(point, i == 0 ? null : points[i - 1]))).Where(one => one.Value is not null).Select(one => (one.Events, one.Value!.Value))];

    private sealed record Curve(string Name, List<(long Events, double Value)> Points)
    {
        public string Label => char.ToUpperInvariant(Name[0]) + Name[1..];

        public double First => Points[0].Value;

        public double? At(long events) => Points.Where(point => point.Events == events).Select(point => (double?)point.Value).FirstOrDefault();
    }
}
