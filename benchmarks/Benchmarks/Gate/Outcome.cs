namespace Monolith.Benchmarks.Gate;

/// <summary>What was measured for one row: in each run a figure a round.</summary>
internal sealed record Outcome(Row Row, IReadOnlyList<IReadOnlyList<double>> Runs)
{
    private const double LeastTolerance = 0.10;
    private const double MostTolerance = 0.50;

    public IReadOnlyList<double> RunMedians { get; } = [.. Runs.Select(Median)];

    /// <summary>The median of the runs' medians.</summary>
    public double Value => Median(RunMedians);

    /// <summary>The quartiles of all rounds of all runs.</summary>
    public (double Low, double High) Quartiles
    {
        get
        {
            var rounds = Runs.SelectMany(rounds => rounds).ToList();
            return (Quantile(rounds, 0.25), Quantile(rounds, 0.75));
        }
    }

    /// <summary>
    /// How far a later figure may lie behind this one before it counts, as a share of it: twice as far as the furthest run lay from the median of the runs, or
    /// the distance of the quartiles of the rounds where that is more; 10 to 50 %, in whole percents.
    /// </summary>
    public double Tolerance
    {
        get
        {
            var furthest = RunMedians.Max(median => Math.Abs(median - Value));
            var spread = Math.Max(2 * furthest, Quartiles.High - Quartiles.Low) / Math.Abs(Value);
            return Math.Clamp(Math.Ceiling(Math.Round(spread * 100, 6)) / 100, LeastTolerance, MostTolerance);
        }
    }

    public static double Median(IReadOnlyList<double> values) => Quantile(values, 0.5);

    /// <summary>Between two values in proportion.</summary>
    public static double Quantile(IReadOnlyList<double> values, double share)
    {
        var sorted = values.Order().ToList();
        var at = share * (sorted.Count - 1);
        var below = (int)at;
        var above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + ((sorted[above] - sorted[below]) * (at - below));
    }
}
