using Monolith.LoadTest.Growth;

namespace Monolith.LoadTest.Tests;

public sealed class GrowthTests
{
    [Fact]
    public void What_a_rebuild_takes_in_any_store_does_not_make_the_large_one_look_cheap()
    {
        var (small, large) = (Point(10_000, rebuild: 3.1), Point(100_000, rebuild: 4.0));
        Assert.Equal(10.0, large.Further(small, point => point.Rebuild)!.Value, precision: 6);
        Assert.Null(small.Further(before: null, point => point.Rebuild));
    }

    [Fact]
    public void What_was_not_measured_has_no_further_event()
    {
        var (small, large) = (Point(10_000, rebuild: 3.1), Point(100_000, rebuild: null));
        Assert.Null(large.Further(small, point => point.Rebuild));
        Assert.Null(small.Further(large, point => point.Rebuild));
    }

    [Fact]
    public void Of_paired_rounds_the_one_in_the_middle_counts() =>
        Assert.Equal(new Paired(30, 20), Paired.Median([new(90, 10), new(30, 20), new(10, 10)]));

    private static GrowthPoint Point(long events, double? rebuild) => new(events)
    {
        Streams = 1,
        ImportRate = 0,
        BytesPerEvent = 0,
        Load = 0,
        PagesRead = 0,
        LoneAppend = default,
        SixteenAppends = default,
        LogPerAppend = 0,
        Rebuild = rebuild is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
    };
}
