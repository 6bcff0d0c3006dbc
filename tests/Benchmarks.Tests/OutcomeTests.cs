namespace Monolith.Benchmarks.Tests;

public class OutcomeTests
{
    [Fact]
    public void The_value_is_the_median_of_the_runs_medians()
    {
        var outcome = new Outcome(Samples.Speed, [[1, 2, 30], [3, 4, 5], [0, 1, 1]]);

        Assert.Equal([2, 4, 1], outcome.RunMedians);
        Assert.Equal(2, outcome.Value);
    }

    [Fact]
    public void The_median_of_an_even_count_lies_between_the_middle_two() => Assert.Equal(2.5, Outcome.Median([4, 1, 3, 2]));

    [Fact]
    public void The_spread_is_that_of_all_rounds_of_all_runs() =>
        Assert.Equal((2.0, 4.0), new Outcome(Samples.Speed, [[1, 5], [2, 3, 4]]).Quartiles);

    [Fact]
    public void What_hardly_varies_is_still_given_a_tenth() => Assert.Equal(0.10, Samples.Speed.Measured(1, 1.01).Tolerance);

    [Fact]
    public void A_run_that_lies_apart_counts_twice() => Assert.Equal(0.24, Samples.Speed.Measured(1, 1.12, 0.95).Tolerance);

    [Fact]
    public void Rounds_that_lie_apart_count_where_the_runs_agree() =>
        Assert.Equal(0.20, new Outcome(Samples.Speed, [[0.8, 0.9, 1, 1.1, 1.2]]).Tolerance);

    [Fact]
    public void What_varies_wildly_is_given_no_more_than_half() => Assert.Equal(0.50, Samples.Speed.Measured(1, 3).Tolerance);
}
