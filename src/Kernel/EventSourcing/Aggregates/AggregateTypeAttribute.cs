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
