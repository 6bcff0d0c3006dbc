namespace Monolith.Benchmarks.Gate;

/// <summary>Who takes a turn in each round.</summary>
/// <param name="Name">Who it is.</param>
/// <param name="Work">Does so many pieces of work.</param>
internal sealed record Competitor(string Name, Func<int, Task> Work)
{
    /// <summary>The work of a turn is a multiple of this; where a turn <see cref="IsWhole"/>, it is this.</summary>
    public int Pieces { get; init; } = 1;

    /// <summary>Whether the work cannot be made longer or shorter.</summary>
    public bool IsWhole { get; init; }

    /// <summary>How long a turn should be, where its work can be chosen.</summary>
    public TimeSpan Turn { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>What goes before a turn and takes no time from it.</summary>
    public Action Before { get; init; } = () => { };

    /// <summary>What comes after a turn: a look at what it did.</summary>
    public Action After { get; init; } = () => { };

    /// <summary>A competitor whose turn is a benchmark of a suite.</summary>
    public static Competitor Whole(string name, int pieces, Func<Task> turn) => new(name, _ => turn()) { Pieces = pieces, IsWhole = true };

    /// <summary>A competitor whose piece of work is a benchmark of a suite.</summary>
    public static Competitor Of(string name, Func<Task> piece) => new(name, async pieces =>
    {
        for (var n = 0; n < pieces; n++)
        {
            await piece();
        }
    });
}
