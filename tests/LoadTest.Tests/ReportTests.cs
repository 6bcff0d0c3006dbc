using System.Text.Json;
using System.Xml.Linq;
using Monolith.LoadTest.Arrivals;
using Monolith.LoadTest.Growth;
using Monolith.LoadTest.Reporting;

namespace Monolith.LoadTest.Tests;

public sealed class ReportTests
{
    [Fact]
    public void The_result_is_a_line_of_JSON_with_a_point_in_every_culture()
    {
        var report = new Report("freshness", "Freshness");
        report.Result("p99_ms", 17.61234);
        report.Result("events", 3);
        var line = report.ResultLine();
        Assert.StartsWith("RESULT {\"scenario\":\"freshness\",", line, StringComparison.Ordinal);
        var result = JsonDocument.Parse(line["RESULT ".Length..]).RootElement;
        Assert.Equal(17.612, result.GetProperty("p99_ms").GetDouble());
        Assert.Equal(3, result.GetProperty("events").GetInt32());
    }

    [Fact]
    public void The_table_has_both_times_and_what_was_not_done()
    {
        var meter = new Meter("append", rate: 1_000) { Length = TimeSpan.FromSeconds(1) };
        for (var i = 1; i <= 1_000; i++)
        {
            meter.Begin(counts: true);
            meter.End(counts: true, error: null, sinceDue: TimeSpan.FromMilliseconds(i), sinceBegun: TimeSpan.FromMilliseconds(1));
        }

        meter.Begin(counts: true);
        meter.End(counts: true, "timed_out", TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(9));
        var table = PercentileTable.Of([meter]);
        Assert.Contains("| append, since it was due | 1,000 | 1,000 | 500.", table, StringComparison.Ordinal);
        Assert.Contains("| append, since it was begun | | | 1.0 ms | 1.0 ms | 1.0 ms | 1.0 ms | 1.0 ms | 1.0 ms |", table, StringComparison.Ordinal);
        Assert.Contains("append: 1,001 asked, 1,000 done, 1 timed_out.", table, StringComparison.Ordinal);
    }

    [Fact]
    public void The_picture_of_growth_is_SVG_with_a_line_for_each_curve_and_no_font_from_elsewhere()
    {
        var svg = GrowthChart.Svg([("append", [(10_000, 1), (100_000, 1.1), (1_000_000, 3.2)]), ("rebuild", [(10_000, 1), (100_000, 0.9)])]);
        var root = XDocument.Parse(svg).Root!;
        Assert.Equal("svg", root.Name.LocalName);
        var texts = root.Descendants().Where(element => element.Name.LocalName == "text").Select(text => text.Value).ToList();
        Assert.Contains("append", texts);
        Assert.Contains("rebuild", texts);
        Assert.Contains("100,000", texts);
        Assert.DoesNotContain("href", svg, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", svg, StringComparison.Ordinal);
    }
}
