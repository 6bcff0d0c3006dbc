using Monolith.LoadTest.Reporting;
using static System.FormattableString;

namespace Monolith.LoadTest.Growth;

/// <summary>The sizes beside each other: what was measured, how often as much as in the smallest store that is, and a picture of it.</summary>
internal sealed class GrowthReport(IReadOnlyList<GrowthPoint> points, int tenants)
{
    // Two runs of the same differ by that much.
    private const double Flat = 1.25;

    private static readonly (string Name, Func<GrowthPoint, double?> Of)[] Curves =
    [
        ("append, alone", point => point.LoneAppend.Append),
        ("append, 16 writers", point => point.SixteenAppends.Append),
        ("load", point => point.Load),
        ("catch-up", point => point.CatchUp),
        ("rebuild", point => point.Rebuild),
    ];

    public async Task Write(Report report, string? svg)
    {
        report.Add($"Ledgers of 50 events of {tenants} tenants in 8 shards, imported by COPY as if {20_000:N0} at a time were written to, then analyzed, with a checkpoint. Loads and appends are of any ledger of the store, by the median of five rounds; each round of appends has one of bare INSERTs of the same row into a small table before it. In parentheses how often as much as in the smallest store.\n");
        Row(report, "Events", point => Invariant($"{point.Events:N0}"));
        report.Add($"|---|{string.Concat(points.Select(_ => "---|"))}");
        Row(report, "Ledgers", point => Invariant($"{point.Streams:N0}"));
        foreach (var (name, of) in Curves)
        {
            Row(report, Label(name), point => of(point) is { } value ? Invariant($"{value:N1} us ({value / of(points[0]):F2})") : "");
        }

        Row(report, "Bare INSERT beside, alone", point => Invariant($"{point.LoneAppend.Bare:N0} us ({point.LoneAppend.Bare / points[0].LoneAppend.Bare:F2})"));
        Row(report, "Bare INSERT beside, 16 writers", point => Invariant($"{point.SixteenAppends.Bare:N0} us ({point.SixteenAppends.Bare / points[0].SixteenAppends.Bare:F2})"));
        Row(report, "Log for an append, alone", point => Invariant($"{point.LogPerAppend:N0} bytes ({point.LogPerAppend / points[0].LogPerAppend:F2})"));
        Row(report, "Pages for a load that were not in the server's buffers", point => Invariant($"{point.PagesRead:F2}"));
        Row(report, "Import, events a second", point => Invariant($"{point.ImportRate:N0}"));
        Row(report, "Bytes on disk for an event, indexes included", point => Invariant($"{point.BytesPerEvent:N0} ({point.BytesPerEvent / points[0].BytesPerEvent:F2})"));
        report.Add($"");
        foreach (var (name, of) in Curves)
        {
            var measured = points.Where(point => of(point) is not null).ToList();
            var ratio = (of(measured[^1]) / of(measured[0]))!.Value;
            report.Add($"- {Label(name)}: {ratio:F2} times as much at {measured[^1].Events:N0} events as at {measured[0].Events:N0}, {(ratio <= Flat ? "flat" : "not flat")}.");
            report.Result(name.Replace(", ", "_", StringComparison.Ordinal).Replace(' ', '_').Replace('-', '_') + "_ratio", ratio);
        }

        report.Result("import_events_per_second", points[^1].ImportRate);
        report.Result("bytes_per_event", points[^1].BytesPerEvent);
        if (svg is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(svg))!);
            await File.WriteAllTextAsync(svg, GrowthChart.Svg(Curves.Select(curve => (curve.Name, points.Where(point => curve.Of(point) is not null)
                .Select(point => ((double)point.Events, (curve.Of(point) / curve.Of(points[0]))!.Value)).ToArray())).ToArray()));
            report.Add($"\n![Cost of growth]({Path.GetFileName(svg)})");
        }
    }

    private void Row(Report report, string name, Func<GrowthPoint, string> cell) => report.Add($"| {name} | {string.Join(" | ", points.Select(cell))} |");

    private static string Label(string name) => name switch
    {
        "load" => "Load of one ledger",
        "catch-up" => "Catch-up, an event",
        "rebuild" => "Rebuild, an event",
        _ => char.ToUpperInvariant(name[0]) + name[1..],
    };
}
