using Monolith.LoadTest.Reporting;

namespace Monolith.LoadTest.Arrivals;

/// <summary>Says a line a second of what happens.</summary>
internal static class Ticker
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public static Task Tell(IReadOnlyList<Meter> meters, TimeProvider time, CancellationToken ended)
    {
        var last = time.GetTimestamp();
        return Every(
            Second,
            time,
            () =>
            {
                var since = time.GetElapsedTime(last);
                last = time.GetTimestamp();
                Report.Line($"{(meters.All(meter => meter.Asked == 0) ? "warming up" : string.Join("; ", meters.Select(meter => FormattableString.Invariant(meter.Second(since)))))}");
            },
            ended);
    }

    /// <summary>The same for what has no meter.</summary>
    public static async Task Every(TimeSpan period, TimeProvider time, Action tell, CancellationToken ended)
    {
        using var timer = new PeriodicTimer(period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(ended))
            {
                tell();
            }
        }
        catch (OperationCanceledException)
        {
            // It was the end that it waited for.
        }
    }
}
