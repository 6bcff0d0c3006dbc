namespace Monolith.Benchmarks.Gate;

/// <summary>How long a scene is played.</summary>
/// <param name="Rounds">How long its rounds go on; the last may take longer.</param>
/// <param name="IsDry">One round of the least work, without a warm-up.</param>
internal sealed record Pace(TimeSpan Rounds, bool IsDry)
{
    /// <summary>How long each competitor works before it counts, so that what is compiled twice, plainly and then well, has been.</summary>
    public TimeSpan WarmUp => Rounds / 8;

    /// <summary>The fewest rounds, however long one takes; their median is worth little.</summary>
    public int FewestRounds => IsDry ? 1 : 5;
}
