namespace Monolith.Benchmarks.Tests;

/// <summary>Rows and outcomes as the gate has them.</summary>
internal static class Samples
{
    public static Row Speed { get; } = new("append", "append 1 event", "INSERT") { Goal = 0.85 };

    public static Row Growth { get; } = new("length", "load of a long history", "of a short one") { Goal = 1.2, Sense = Sense.AtMost };

    public static Outcome Measured(this Row row, params double[] runMedians) => new(row, [.. runMedians.Select(median => new[] { median })]);

    public static Baseline Baseline(params IEnumerable<(Row Row, double Value, double Tolerance)> rows) => new(
        "2026-11-25",
        "a machine",
        3,
        new(rows.ToDictionary(one => one.Row.Id, one => new BaselineRow(one.Value, one.Value, one.Value, one.Tolerance, one.Row.GoalText)), StringComparer.Ordinal));

    public static Verdict Judge(Outcome outcome, double value, double tolerance) =>
        Judgement.Of([outcome], Baseline((outcome.Row, value, tolerance))).Single().Verdict;

    public static ReleaseReport Report(Baseline? baseline, params IReadOnlyList<Outcome> outcomes) =>
        new("2026-11-26", "the same machine", 1, Judgement.Of(outcomes, baseline), [], baseline);
}
