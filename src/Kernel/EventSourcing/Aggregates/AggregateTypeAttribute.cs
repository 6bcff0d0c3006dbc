namespace Monolith.EventSourcing;

/// <summary>Declares the name of an aggregate type: the first key by which the store partitions its events.</summary>
/// <param name="name">The stored name: a lower-case letter, then lower-case letters, digits and underscores, at most 32 characters.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class AggregateTypeAttribute(string name) : Attribute
{
    /// <summary>How many events lie between two snapshots unless the type says otherwise.</summary>
    public const int DefaultSnapshotEvery = 100;

    /// <summary>The stored name.</summary>
    public string Name { get; } = name;

    /// <summary>A snapshot is written at every multiple of this version; 0 switches snapshots off.</summary>
    public int SnapshotEvery { get; init; } = DefaultSnapshotEvery;

    /// <summary>
    /// A snapshot is written also at every event with which the event data since the last snapshot reaches so many bytes of JSON, so that a load reads
    /// less than that beside the snapshot; 0, the default, for no such limit. With <see cref="SnapshotEvery"/> = 0 it is the only reason for one.
    /// </summary>
    public int SnapshotAfterBytes { get; init; }

    /// <summary>
    /// How many snapshots of a stream are kept, the newest; 0, the default, keeps all. What is removed costs time travel a longer replay and nothing else.
    /// </summary>
    public int SnapshotsKept { get; init; }

    /// <summary>
    /// Of the snapshots older than <see cref="SnapshotsKept"/>, the last of each so many events is kept: with one at every 100 events, 1000 keeps every
    /// tenth. 0, the default, keeps none of them; with both at 0 all are kept.
    /// </summary>
    public int SnapshotKeptEvery { get; init; }

    /// <summary>
    /// The number of the state's meaning. Raise it when folds change in a way that the shape of the state does not show:
    /// snapshots of another number are ignored and written anew.
    /// </summary>
    public int SnapshotSchema { get; init; } = 1;

    /// <summary>
    /// Whether the store keeps states of this type in memory. A load still reads from the database what was appended since, so it is never
    /// stale; what it saves is the snapshot and the fold. One state object is handed to everyone who loads: it must be immutable.
    /// </summary>
    public bool Cache { get; init; }

    /// <summary>
    /// Whether event data of this type gets a GIN index, so that <see cref="IEventStore.Search"/> finds events by what they hold. It costs several
    /// times the append. May be changed later: the migration then builds or drops the indexes.
    /// </summary>
    public bool IndexData { get; init; }
}
