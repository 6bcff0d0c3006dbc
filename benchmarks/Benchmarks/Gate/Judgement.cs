namespace Monolith.Benchmarks.Gate;

internal enum Verdict
{
    /// <summary>As good as the baseline, within the tolerance.</summary>
    Kept,

    /// <summary>Better than the baseline by more than the tolerance: approve it, or the next loss goes unseen.</summary>
    Gained,

    /// <summary>Worse than the baseline by more than the tolerance, or than the goal where it is held to that.</summary>
    FellBehind,

    /// <summary>The baseline does not have it.</summary>
    New,

    /// <summary>Told, and held to nothing.</summary>
    Told,
}

/// <summary>An outcome beside what it is held to.</summary>
internal sealed record Judgement(Outcome Outcome, BaselineRow? Baseline)
{
    public Row Row => Outcome.Row;

    public bool MeetsGoal => Row.Meets(Outcome.Value);

    public Verdict Verdict => Row.Held switch
    {
        Held.ToNothing => Verdict.Told,
        Held.ToGoal => MeetsGoal ? Verdict.Kept : Verdict.FellBehind,
        _ when Baseline is null => Verdict.New,
        _ when Loss > Baseline.Tolerance => Verdict.FellBehind,
        _ when Loss < -Baseline.Tolerance => Verdict.Gained,
        _ => Verdict.Kept,
    };

    /// <summary>How far behind the baseline, as a share of it; less than zero when ahead.</summary>
    private double Loss
    {
        get
        {
            var change = (Outcome.Value - Baseline!.Value) / Math.Abs(Baseline.Value);
            return Row.Sense == Sense.AtLeast ? -change : change;
        }
    }

    public static IReadOnlyList<Judgement> Of(IReadOnlyList<Outcome> outcomes, Baseline? baseline) =>
        [.. outcomes.Select(outcome => new Judgement(outcome, baseline?.Rows.GetValueOrDefault(outcome.Row.Id)))];
}
