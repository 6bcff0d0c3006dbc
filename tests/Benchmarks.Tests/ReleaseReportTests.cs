namespace Monolith.Benchmarks.Tests;

public class ReleaseReportTests
{
    [Fact]
    public void What_fell_behind_is_named_with_what_it_is_held_to()
    {
        var report = Samples.Report(
            Samples.Baseline((Samples.Speed, 1, 0.1), (Samples.Growth, 1.1, 0.12)), Samples.Speed.Measured(0.7), Samples.Growth.Measured(1.15));

        Assert.Equal(
            """
            | Fell behind | Against | Measured | Held to |
            | --- | --- | --- | --- |
            | append 1 event | INSERT | 0.70 | 1.00 ± 10 % |

            """,
            report.FellBehindTable());
        Assert.Equal(1, report.ExitCode);
        Assert.Contains("**fell behind**", report.ToMarkdown(), StringComparison.Ordinal);
    }

    [Fact]
    public void When_nothing_fell_behind_there_is_no_table_of_it_and_the_exit_code_is_0()
    {
        var report = Samples.Report(Samples.Baseline((Samples.Speed, 1, 0.1)), Samples.Speed.Measured(0.95));

        Assert.Empty(report.FellBehindTable());
        Assert.Equal(0, report.ExitCode);
    }

    [Fact]
    public void A_row_shows_goal_median_spread_runs_and_baseline()
    {
        var outcome = new Outcome(Samples.Speed, [[0.5, 1, 1.5], [0.75, 1.25]]);

        Assert.Contains(
            "| append 1 event | INSERT | ≥ 0.85 met | **1.00** | 0.75 to 1.25 | 1.00, 1.00 | 0.95 ± 10 % | kept |",
            Samples.Report(Samples.Baseline((Samples.Speed, 0.95, 0.1)), outcome).ToMarkdown(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_missed_goal_is_told_with_its_reason()
    {
        var row = Samples.Speed with { Reason = "the look-up" };

        var report = Samples.Report(baseline: null, row.Measured(0.7), Samples.Growth.Measured(2)).ToMarkdown();

        Assert.Contains("| append 1 event | INSERT | the look-up |", report, StringComparison.Ordinal);
        Assert.Contains("| load of a long history | of a short one | not known yet |", report, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_held_to_its_goal_is_named_with_the_goal()
    {
        var memory = new Row("rebuild", "rebuild", "") { Goal = 300, Sense = Sense.AtMost, Unit = Unit.Megabytes, Held = Held.ToGoal };

        Assert.Contains("| rebuild |  | 301 MB | ≤ 300 MB |", Samples.Report(baseline: null, memory.Measured(301)).FellBehindTable(), StringComparison.Ordinal);
    }
}
