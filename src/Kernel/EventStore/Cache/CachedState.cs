using Monolith.EventSourcing;

namespace Monolith.EventStore;

/// <summary>
/// A state in memory. It says nothing of the present, only: folding the events up to <paramref name="Version"/> of a stream whose event at that
/// version has the id <paramref name="LastEventId"/> gives this state. That stays true for ever, so no cached state has to be revoked.
/// </summary>
/// <param name="Stream">The stream.</param>
/// <param name="State">The state; immutable, because every caller gets this very object.</param>
/// <param name="Version">The version of the last event in it.</param>
/// <param name="LastEventId">The id of that event.</param>
/// <param name="Measured">The size of a state of this stream as JSON, when it was last measured.</param>
/// <param name="FoldedSince">The size of the events that were folded in since then.</param>
internal sealed record CachedState(StreamId Stream, object State, long Version, Guid LastEventId, long Measured, long FoldedSince)
{
    // The entry itself: keys, node, this record.
    private const int Overhead = 256;

    /// <summary>What it counts for; too much rather than too little.</summary>
    public long Bytes => Overhead + Measured + FoldedSince;
}
