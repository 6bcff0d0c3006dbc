namespace Monolith.EventStore;

/// <summary>How far an import has come: reported after each batch, and returned at the end.</summary>
/// <param name="Stored">Events that it has stored.</param>
/// <param name="Skipped">Events that were stored already, by an earlier run.</param>
/// <param name="Position">The position of the last event that it has stored; 0 when there is none.</param>
/// <param name="Elapsed">Since it began.</param>
public readonly record struct ImportProgress(long Stored, long Skipped, long Position, TimeSpan Elapsed)
{
    /// <summary>Events read and dealt with in a second, on average since it began.</summary>
    public double EventsPerSecond => Elapsed > TimeSpan.Zero ? (Stored + Skipped) / Elapsed.TotalSeconds : 0;
}
