using Microsoft.Extensions.Time.Testing;
using Monolith.EventStore.Projections;

namespace Monolith.EventStore.Tests.Projections;

public sealed class StallWatchTests
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider time = new();
    private readonly StallWatch<string> watch;

    public StallWatchTests() => watch = new(Beat * 4, time);

    [Fact]
    public void Who_has_work_and_takes_no_step_has_stalled_when_the_time_is_up_and_not_before()
    {
        Assert.All(Enumerable.Range(0, 4), _ => Assert.Empty(Look(steps: 7, hasWork: true)));

        Assert.Equal([("worker", Beat * 4)], Look(steps: 7, hasWork: true));
    }

    [Fact]
    public void A_step_begins_the_time_anew()
    {
        Assert.All(Enumerable.Range(0, 12), beat => Assert.Empty(Look(steps: beat / 3, hasWork: true)));
    }

    [Fact]
    public void Who_has_nothing_to_do_does_not_stall_and_has_the_whole_time_when_work_comes()
    {
        Assert.All(Enumerable.Range(0, 10), _ => Assert.Empty(Look(steps: 7, hasWork: false)));
        Assert.All(Enumerable.Range(0, 3), _ => Assert.Empty(Look(steps: 7, hasWork: true)));
    }

    [Fact]
    public void After_the_process_has_stood_still_everybody_has_the_whole_time_again()
    {
        Assert.All(Enumerable.Range(0, 3), _ => Assert.Empty(Look(steps: 7, hasWork: true)));
        time.Advance(TimeSpan.FromHours(1));

        Assert.All(Enumerable.Range(0, 4), _ => Assert.Empty(Look(steps: 7, hasWork: true)));
        Assert.Single(Look(steps: 7, hasWork: true));
    }

    [Fact]
    public void Who_is_not_looked_at_any_more_is_forgotten()
    {
        Assert.All(Enumerable.Range(0, 4), _ => Assert.Empty(Look(steps: 7, hasWork: true)));
        watch.Look([]);

        Assert.Empty(Look(steps: 7, hasWork: true));
    }

    private IReadOnlyList<(string Watched, TimeSpan For)> Look(long steps, bool hasWork)
    {
        time.Advance(Beat);
        return watch.Look([("worker", steps, hasWork)]);
    }
}
