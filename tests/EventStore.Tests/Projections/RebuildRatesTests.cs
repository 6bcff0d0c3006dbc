using Monolith.EventStore.Projections;

namespace Monolith.EventStore.Tests.Projections;

public sealed class RebuildRatesTests
{
    private readonly StepClock clock = new();
    private readonly RebuildRates rates;

    public RebuildRatesTests() => rates = new(clock);

    [Fact]
    public void A_rebuild_that_is_seen_for_the_first_time_has_the_rate_since_it_began()
    {
        var seen = See(events: 500, elapsed: 100);

        Assert.Equal(5, seen.Rate);
        Assert.Equal(TimeSpan.FromSeconds(100), seen.TimeLeft);
    }

    [Fact]
    public void After_that_it_has_the_rate_of_the_last_half_minute()
    {
        See(events: 500, elapsed: 10_000);
        clock.Step(10);
        Assert.Equal(20, See(events: 700, elapsed: 10_010).Rate);
        clock.Step(30);
        Assert.Equal(5, See(events: 850, elapsed: 10_040).Rate);
        clock.Step(10);
        Assert.Equal(0, See(events: 850, elapsed: 10_050).Rate);
    }

    [Fact]
    public void Looks_that_follow_each_other_closely_do_not_make_it_jump()
    {
        See(events: 100, elapsed: 100);
        clock.Step(0.1);
        Assert.Equal(2, See(events: 200, elapsed: 100).Rate);
        clock.Step(0.9);
        Assert.Equal(200, See(events: 300, elapsed: 101).Rate);
    }

    [Fact]
    public void A_pause_is_no_part_of_it()
    {
        See(events: 100, elapsed: 1);
        clock.Step(5);
        var resting = See(events: 100, elapsed: 6, isPaused: true);
        Assert.Equal((0d, null), (resting.Rate, resting.TimeLeft));
        clock.Step(1000);
        See(events: 100, elapsed: 1006);
        clock.Step(10);
        Assert.Equal(40, See(events: 500, elapsed: 1016).Rate);
    }

    [Fact]
    public void One_that_began_anew_is_another_and_one_that_is_over_is_forgotten()
    {
        See(events: 900, elapsed: 100);
        clock.Step(10);
        Assert.Equal(10, See(events: 50, elapsed: 5, began: 1).Rate);
        rates.Of([], areAll: true);
        clock.Step(10);
        Assert.Equal(4, See(events: 60, elapsed: 15, began: 1).Rate);
    }

    [Fact]
    public void Nothing_can_be_said_of_one_that_has_taken_nothing_and_one_that_has_taken_all_needs_no_time()
    {
        Assert.Null(See(events: 0, elapsed: 10).TimeLeft);
        Assert.Equal(TimeSpan.Zero, See(events: 1000, elapsed: 10).TimeLeft);
        Assert.Equal(TimeSpan.Zero, See(events: 1001, elapsed: 10).TimeLeft);
    }

    // Of 1,000 events.
    private RebuildProgress See(long events, double elapsed, bool isPaused = false, int began = 0) => rates.Of(
        [new("tests.tallies", 1, 3, 0, events, 1000, DateTimeOffset.UnixEpoch.AddDays(began), TimeSpan.FromSeconds(elapsed), isPaused, TenantId: null)], areAll: true)[0];

    private sealed class StepClock : TimeProvider
    {
        private long now;

        public override long TimestampFrequency => 1000;

        public void Step(double seconds) => now += (long)(seconds * TimestampFrequency);

        public override long GetTimestamp() => now;
    }
}
