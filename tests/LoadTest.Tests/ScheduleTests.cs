using Monolith.LoadTest.Arrivals;

namespace Monolith.LoadTest.Tests;

public sealed class ScheduleTests
{
    [Fact]
    public void A_constant_rate_has_one_distance() =>
        Assert.Equal([0, 250, 500, 750, 1000], Schedule.Constant(4).Take(5).Select(due => due.TotalMilliseconds));

    // The distances of a Poisson process are as long on average as they vary; a thousandth of all runs of a right one would be outside of four standard errors, and this seed is not.
    [Fact]
    public void Poisson_arrivals_have_the_rate_and_come_in_bunches()
    {
        const int Arrivals = 10_000;
        var due = Schedule.Poisson(100, new(7)).Take(Arrivals).Select(time => time.TotalSeconds).ToArray();
        var distances = due.Zip(due.Skip(1), (one, next) => next - one).ToArray();
        var mean = distances.Average();
        var deviation = Math.Sqrt(distances.Average(distance => (distance - mean) * (distance - mean)));
        Assert.All(distances, distance => Assert.True(distance >= 0));
        Assert.InRange(mean, 0.0096, 0.0104);
        Assert.InRange(deviation / mean, 0.94, 1.06);
    }

    [Fact]
    public void The_same_seed_gives_the_same_arrivals() =>
        Assert.Equal(Schedule.Poisson(10, new(3)).Take(50), Schedule.Poisson(10, new(3)).Take(50));

    [Fact]
    public void Of_a_thousand_the_ten_largest_are_asked_for_four_times_in_ten()
    {
        var (all, large, small) = (new Zipf(1, 1_000), new Zipf(1, 10), new Zipf(11, 1_000));
        Assert.Equal(0.39, large.ShareOf(all), precision: 2);
        Assert.Equal(1.0, large.ShareOf(all) + small.ShareOf(all), precision: 9);
    }

    [Fact]
    public void The_largest_is_asked_for_twice_as_often_as_the_second()
    {
        var (zipf, random) = (new Zipf(1, 100), new Random(5));
        var ranks = Enumerable.Range(0, 100_000).Select(_ => zipf.Next(random)).CountBy(rank => rank).ToDictionary();
        Assert.Equal(100, ranks.Count);
        Assert.Equal(1, ranks.Keys.Min());
        Assert.InRange((double)ranks[1] / ranks[2], 1.9, 2.1);
    }
}
