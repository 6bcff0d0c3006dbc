namespace Monolith.LoadTest.Arrivals;

/// <summary>How long a loop runs, and what bounds it.</summary>
internal sealed record LoopOptions
{
    /// <summary>How long work arrives before it counts.</summary>
    public TimeSpan WarmUp { get; init; }

    /// <summary>How long it arrives and counts.</summary>
    public TimeSpan Length { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many arrivals there are of each workload at most, those of the warm-up included.</summary>
    public long MostArrivals { get; init; } = long.MaxValue;

    /// <summary>How many of a workload may be under way at a time. What is due meanwhile waits, and its wait counts.</summary>
    public int MostUnderWay { get; init; } = 256;

    /// <summary>How long is waited at the end for what is late or under way; the rest is counted as not done.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether arrivals come in bunches, or at one distance.</summary>
    public bool IsPoisson { get; init; } = true;

    /// <summary>Where the bunches come from.</summary>
    public int Seed { get; init; } = 1;
}
