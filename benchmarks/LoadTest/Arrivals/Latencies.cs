using HdrHistogram;

namespace Monolith.LoadTest.Arrivals;

/// <summary>A histogram of high dynamic range: microseconds to an hour, each to three digits, in some 200 KB however many there are. Safe for concurrent use.</summary>
internal sealed class Latencies
{
    private const int Digits = 3;
    private static readonly long Longest = (long)TimeSpan.FromHours(1).TotalMicroseconds;

    private readonly Lock gate = new();
    private readonly LongHistogram histogram = new(Longest, Digits);

    public long Count
    {
        get
        {
            lock (gate)
            {
                return histogram.TotalCount;
            }
        }
    }

    public void Record(TimeSpan latency)
    {
        lock (gate)
        {
            histogram.RecordValue(Math.Clamp((long)latency.TotalMicroseconds, 0, Longest));
        }
    }

    /// <summary>So many percent took at most so many milliseconds; 100 is the longest. 0 when there are none.</summary>
    public double At(double percent)
    {
        lock (gate)
        {
            return histogram.TotalCount == 0 ? 0 : Math.Min(histogram.GetValueAtPercentile(percent), Longest) / 1000.0;
        }
    }

    /// <summary>These two, and forgets everything: for a line a second.</summary>
    public (double Median, double P99) Take()
    {
        lock (gate)
        {
            var taken = (At(50), At(99));
            histogram.Reset();
            return taken;
        }
    }
}
