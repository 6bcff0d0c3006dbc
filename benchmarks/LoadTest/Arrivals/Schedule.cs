namespace Monolith.LoadTest.Arrivals;

/// <summary>When arrivals are due, from the begin on and without end. It does not know how long anything takes: that is what makes the loop an open one.</summary>
internal static class Schedule
{
    /// <summary>One after the other at the same distance.</summary>
    public static IEnumerable<TimeSpan> Constant(double rate)
    {
        for (long number = 0; ; number++)
        {
            yield return TimeSpan.FromSeconds(number / rate);
        }
    }

    /// <summary>As of many who know nothing of each other: distances are exponentially distributed, so that arrivals come in bunches.</summary>
    public static IEnumerable<TimeSpan> Poisson(double rate, Random random)
    {
        for (var due = 0.0; ;)
        {
            due -= Math.Log(1 - random.NextDouble()) / rate;
            yield return TimeSpan.FromSeconds(due);
        }
    }
}
