namespace Monolith.EventStore;

/// <summary>How an import is cut into batches, of which each is a transaction. Two are in memory at a time: one is written while the next is read.</summary>
public sealed class ImportOptions
{
    /// <summary>The most events of a batch, 1 to 100,000. Fewer hold the feed back for a shorter time, more take fewer commits.</summary>
    public int BatchEvents { get; set; } = 10_000;

    /// <summary>A batch is also full with so many bytes of event data, 64 KiB to 256 MiB. One event more than fits is taken all the same.</summary>
    public int BatchBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Throws unless every value is in its range.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it.</exception>
    public void Validate()
    {
        Check(BatchEvents is >= 1 and <= 100_000, nameof(BatchEvents), "1 to 100,000");
        Check(BatchBytes is >= 64 * 1024 and <= 256 * 1024 * 1024, nameof(BatchBytes), "64 KiB to 256 MiB");
    }

    private static void Check(bool valid, string name, string expected)
    {
        if (!valid)
        {
            throw new ArgumentException($"{nameof(ImportOptions)}.{name} is out of range; expected {expected}.", name);
        }
    }
}
