namespace Monolith.Benchmarks.Gate;

/// <summary>What one run found for a row: a figure a round.</summary>
internal sealed record Measure(Row Row, IReadOnlyList<double> Rounds);

/// <summary>What was found in a scene.</summary>
internal sealed record Played(IReadOnlyList<Measure> Measures, IReadOnlyList<Timing> Timings);

/// <summary>Something that is set up once and answers one or several rows.</summary>
internal abstract class Scene(string name)
{
    public string Name { get; } = name;

    /// <summary>Whether it is another scene with another number, so that a dry run, which looks whether all of them can be played, leaves it out.</summary>
    public bool IsVariant { get; init; }

    public abstract IReadOnlyList<Row> Rows { get; }

    public abstract Task<Played> Play(Pace pace);
}
