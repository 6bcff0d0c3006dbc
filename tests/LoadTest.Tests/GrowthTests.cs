using Monolith.LoadTest.Growth;

namespace Monolith.LoadTest.Tests;

public sealed class GrowthTests
{
    [Fact]
    public void What_catching_up_takes_in_any_store_does_not_make_the_small_one_look_dear()
    {
        var (small, large) = (Point(10_000, catchUp: 0.6), Point(100_000, catchUp: 1.5));
        Assert.Equal(10.0, large.CatchUpFurther(small)!.Value, precision: 6);
        Assert.Null(small.CatchUpFurther(before: null));
    }

    [Fact]
    public void What_was_not_measured_has_no_further_event()
    {
        var (small, large) = (Point(10_000, catchUp: 0.6), Point(100_000, catchUp: null));
        Assert.Null(large.CatchUpFurther(small));
        Assert.Null(small.CatchUpFurther(large));
    }

    [Fact]
    public void Of_paired_rounds_the_one_in_the_middle_counts() =>
        Assert.Equal(new Paired(30, 20), Paired.Median([new(30, 20), new(90, 10), new(10, 10)]));

    private static GrowthPoint Point(long events, double? catchUp) => new(events)
    {
        Streams = 1,
        ImportRate = 0,
        BytesPerEvent = 0,
        Load = 0,
        PagesRead = 0,
        LoneAppend = default,
        SixteenAppends = default,
        LogPerAppend = 0,
        CatchUp = catchUp is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
    };
}
