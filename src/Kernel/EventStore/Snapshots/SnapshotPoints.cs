using Monolith.EventSourcing;

namespace Monolith.EventStore;

/// <summary>
/// Where the snapshots of a stream stand: at each multiple of the type's interval, and at each event with which the data since the last of these
/// places reaches the type's size. Told the events one after the other; what it says depends on nothing but them, whoever writes.
/// </summary>
internal sealed class SnapshotPoints(AggregateDefinition definition, long bytes = 0)
{
    /// <summary>The size of the data since the last place.</summary>
    public long Bytes { get; private set; } = bytes;

    /// <summary>Whether a multiple of the interval lies after one version up to and including another.</summary>
    public static bool IsMultipleIn(AggregateDefinition definition, long after, long upTo) =>
        definition.SnapshotEvery > 0 && after / definition.SnapshotEvery != upTo / definition.SnapshotEvery;

    /// <summary>Whether so much data calls for a snapshot.</summary>
    public static bool IsTooMuch(AggregateDefinition definition, long bytes) =>
        definition.SnapshotAfterBytes > 0 && bytes >= definition.SnapshotAfterBytes;

    /// <summary>Takes the next event.</summary>
    /// <returns>Whether there is a place for a snapshot right behind it.</returns>
    public bool Pass(long version, long eventBytes)
    {
        Bytes += eventBytes;
        if (!IsMultipleIn(definition, version - 1, version) && !IsTooMuch(definition, Bytes))
        {
            return false;
        }

        Bytes = 0;
        return true;
    }
}
