namespace Monolith.Testing.Conformance;

/// <summary>
/// Compares what writers were told with what a reader sees, event by event, and forgets what has been compared. An append that was cancelled may be
/// stored or not: its events have odd numbers, and nobody has to remember them.
/// </summary>
public sealed class Receipts
{
    private readonly Lock gate = new();
    private readonly Dictionary<long, long> told = [];
    private readonly Dictionary<long, long> seen = [];
    private readonly HashSet<long> doubted = [];
    private long last;
    private int wrong;

    /// <summary>The most events that had been told of or seen, but not both, at any moment.</summary>
    public int MostOpen { get; private set; }

    /// <summary>Events that nobody was told of although they are there.</summary>
    public int Unacknowledged => seen.Count;

    /// <summary>Events that somebody was told of and that are not there, or not at that version.</summary>
    public int AcknowledgedButMissing => told.Count + wrong;

    /// <summary>The number of a new event.</summary>
    public long Next(bool certain) => Interlocked.Add(ref last, 2) | (certain ? 0L : 1L);

    /// <summary>A writer was told that its event is stored.</summary>
    public void Tell(long number, long version) => Match(told, seen, number, version);

    /// <summary>The reader has seen an event.</summary>
    public void See(long number, long version)
    {
        if (number % 2 == 0)
        {
            Match(seen, told, number, version);
        }
    }

    /// <summary>A writer has lost its connection, so that nobody knows whether its events are stored. That is rare, so they can be remembered.</summary>
    public void Doubt(long number)
    {
        lock (gate)
        {
            if (!told.ContainsKey(number) && !seen.Remove(number))
            {
                doubted.Add(number);
            }
        }
    }

    /// <summary>A writer was told two things that do not agree.</summary>
    public void Contradict() => Interlocked.Increment(ref wrong);

    private void Match(Dictionary<long, long> mine, Dictionary<long, long> theirs, long number, long version)
    {
        lock (gate)
        {
            if (doubted.Remove(number))
            {
                return;
            }

            if (theirs.Remove(number, out var other))
            {
                wrong += other == version ? 0 : 1;
                return;
            }

            mine[number] = version;
            MostOpen = Math.Max(MostOpen, told.Count + seen.Count);
        }
    }
}
