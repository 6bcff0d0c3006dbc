using System.Collections.Concurrent;

namespace Monolith.LoadTest.Arrivals;

/// <summary>What became of the arrivals of one workload. Safe for concurrent use.</summary>
internal sealed class Meter(string name, double rate)
{
    /// <summary>It was due, and not even begun when the loop ended.</summary>
    public const string NotBegun = "not_begun";

    /// <summary>It was under way when the loop ended.</summary>
    public const string NotEnded = "not_ended";

    private readonly Latencies second = new();
    private readonly ConcurrentDictionary<string, long> errors = new(StringComparer.Ordinal);
    private long asked;
    private long done;
    private long underWay;
    private (long Asked, long Done, long Failed) told;

    public string Name => name;

    /// <summary>Arrivals a second, as asked for.</summary>
    public double Rate => rate;

    /// <summary>
    /// From when it was due until it was done: what whoever asked had to wait. A pause counts for all that were due in it. What was never done is in it
    /// too, with the time that it had waited by the end; what failed is not.
    /// </summary>
    public Latencies SinceDue { get; } = new();

    /// <summary>From when it was begun: what the work itself took. The difference is time spent waiting for a turn, and for this program's timer.</summary>
    public Latencies SinceBegun { get; } = new();

    public long Asked => Interlocked.Read(ref asked);

    public long Done => Interlocked.Read(ref done);

    public long Failed => errors.Values.Sum();

    /// <summary>What was not done, by code.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Errors => [.. errors.OrderBy(error => error.Key, StringComparer.Ordinal)];

    /// <summary>From the first arrival that counted until the last was done.</summary>
    public TimeSpan Length { get; set; }

    public double RateDone => Length > TimeSpan.Zero ? Done / Length.TotalSeconds : 0;

    public void Begin(bool counts)
    {
        Interlocked.Increment(ref underWay);
        if (counts)
        {
            Interlocked.Increment(ref asked);
        }
    }

    public void End(bool counts, string? error, TimeSpan sinceDue, TimeSpan sinceBegun)
    {
        Interlocked.Decrement(ref underWay);
        if (!counts)
        {
            return;
        }

        if (error is not null)
        {
            errors.AddOrUpdate(error, 1, (_, count) => count + 1);
            return;
        }

        Interlocked.Increment(ref done);
        second.Record(sinceDue);
        SinceDue.Record(sinceDue);
        SinceBegun.Record(sinceBegun);
    }

    /// <summary>It was asked for, and never done.</summary>
    public void Abandon(string error, TimeSpan sinceDue)
    {
        errors.AddOrUpdate(error, 1, (_, count) => count + 1);
        SinceDue.Record(sinceDue);
        if (error == NotBegun)
        {
            Interlocked.Increment(ref asked);
        }
    }

    /// <summary>What has happened since this was last asked for, in one line.</summary>
    public FormattableString Second(TimeSpan since)
    {
        var now = (Asked, Done, Failed);
        var (median, p99) = second.Take();
        var seconds = Math.Max(since.TotalSeconds, 0.001);
        FormattableString line =
            $"{name}: {(now.Asked - told.Asked) / seconds:F0} asked, {(now.Done - told.Done) / seconds:F0} done, p50 {median:F1} ms, p99 {p99:F1} ms, {Interlocked.Read(ref underWay)} under way, {now.Failed - told.Failed} errors";
        told = now;
        return line;
    }
}
