using System.Globalization;

namespace Monolith.Benchmarks.Gate;

/// <summary>What a figure counts.</summary>
internal enum Unit
{
    /// <summary>How many times as fast, or as much.</summary>
    Times,

    Bytes,

    Milliseconds,

    Megabytes,
}

/// <summary>Which figures are good.</summary>
internal enum Sense
{
    AtLeast,

    AtMost,
}

/// <summary>What a figure is held to.</summary>
internal enum Held
{
    /// <summary>The figure of the baseline, with its tolerance: what is a ratio, or does not depend on the machine.</summary>
    ToBaseline,

    /// <summary>Its goal: what is a time or a size and so differs from machine to machine.</summary>
    ToGoal,

    /// <summary>Nothing: it is told.</summary>
    ToNothing,
}

/// <summary>One line of the table: a question, and what the answer is held against.</summary>
internal sealed record Row(string Id, string Question, string Against)
{
    public Unit Unit { get; init; } = Unit.Times;

    public Sense Sense { get; init; } = Sense.AtLeast;

    public double? Goal { get; init; }

    public Held Held { get; init; } = Held.ToBaseline;

    /// <summary>Why the goal is missed where that is known.</summary>
    public string? Reason { get; init; }

    public string GoalText => Goal is { } goal ? $"{(Sense == Sense.AtLeast ? '≥' : '≤')} {Limit(goal)}" : "";

    public bool Meets(double value) => Goal is not { } goal || (Sense == Sense.AtLeast ? value >= goal : value <= goal);

    /// <summary>A figure with as many digits as it is worth.</summary>
    public string Text(double value) => Unit switch
    {
        Unit.Bytes => string.Create(CultureInfo.InvariantCulture, $"{value:N0} B"),
        Unit.Milliseconds => string.Create(CultureInfo.InvariantCulture, $"{value:N1} ms"),
        Unit.Megabytes => string.Create(CultureInfo.InvariantCulture, $"{value:N0} MB"),
        _ => value.ToString(value < 10 ? "N2" : value < 100 ? "N1" : "N0", CultureInfo.InvariantCulture),
    };

    private string Limit(double goal) => Unit == Unit.Times ? goal.ToString("0.###", CultureInfo.InvariantCulture) : Text(goal);
}
