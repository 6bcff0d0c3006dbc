namespace Monolith.Benchmarks.Tests;

public class JudgementTests
{
    [Theory]
    [InlineData(0.89, nameof(Verdict.FellBehind))]
    [InlineData(0.91, nameof(Verdict.Kept))]
    [InlineData(1.09, nameof(Verdict.Kept))]
    [InlineData(1.11, nameof(Verdict.Gained))]
    public void What_should_be_large_falls_behind_when_it_is_smaller_by_more_than_the_tolerance(double measured, string verdict) =>
        Assert.Equal(verdict, Samples.Judge(Samples.Speed.Measured(measured), value: 1, tolerance: 0.10).ToString());

    [Theory]
    [InlineData(1.11, nameof(Verdict.FellBehind))]
    [InlineData(1.09, nameof(Verdict.Kept))]
    [InlineData(0.91, nameof(Verdict.Kept))]
    [InlineData(0.89, nameof(Verdict.Gained))]
    public void What_should_be_small_falls_behind_when_it_is_larger_by_more_than_the_tolerance(double measured, string verdict) =>
        Assert.Equal(verdict, Samples.Judge(Samples.Growth.Measured(measured), value: 1, tolerance: 0.10).ToString());

    [Fact]
    public void A_missed_goal_is_no_loss_where_the_baseline_missed_it_too()
    {
        var judgement = Judgement.Of([Samples.Speed.Measured(0.7)], Samples.Baseline((Samples.Speed, 0.7, 0.1))).Single();

        Assert.False(judgement.MeetsGoal);
        Assert.Equal(Verdict.Kept, judgement.Verdict);
    }

    [Fact]
    public void What_is_below_zero_in_the_baseline_falls_behind_in_the_same_direction() =>
        Assert.Equal(Verdict.FellBehind, Samples.Judge(Samples.Growth.Measured(-80), value: -100, tolerance: 0.10));

    [Theory]
    [InlineData(99, nameof(Verdict.Kept))]
    [InlineData(101, nameof(Verdict.FellBehind))]
    public void A_time_is_held_to_its_goal_and_not_to_what_another_machine_took(double milliseconds, string verdict)
    {
        var freshness = new Row("freshness", "freshness", "clock") { Goal = 100, Sense = Sense.AtMost, Unit = Unit.Milliseconds, Held = Held.ToGoal };

        Assert.Equal(verdict, Samples.Judge(freshness.Measured(milliseconds), value: 17, tolerance: 0.10).ToString());
    }

    [Fact]
    public void A_row_that_the_baseline_does_not_have_is_new() =>
        Assert.Equal(Verdict.New, Judgement.Of([Samples.Speed.Measured(1)], Samples.Baseline((Samples.Growth, 1, 0.1))).Single().Verdict);

    [Fact]
    public void What_is_only_told_never_falls_behind() =>
        Assert.Equal(Verdict.Told, Samples.Judge((Samples.Speed with { Held = Held.ToNothing }).Measured(0.1), value: 1, tolerance: 0.10));
}
