using Monolith.EventSourcing;

namespace Monolith.EventStore;

/// <summary>The state of one stream while its events are folded in, and what that takes.</summary>
internal sealed class StateFold(AggregateDefinition definition, DomainModel model, StreamId stream)
{
    public object State { get; private set; } = definition.InitialState;

    /// <summary>The version of the last event in the state; 0 for none.</summary>
    public long Version { get; private set; }

    /// <summary>The id of that event, where it was asked for.</summary>
    public Guid? LastEventId { get; private set; }

    /// <summary>The version of the snapshot that the fold began with; 0 for none.</summary>
    public long SnapshotVersion { get; private set; }

    /// <summary>When the last event in that snapshot was recorded, where somebody measures it.</summary>
    public DateTimeOffset? SnapshotRecordedAt { get; set; }

    /// <summary>The version of the state in memory that the fold began with; 0 for none.</summary>
    public long CachedVersion { get; private set; }

    /// <summary>Whether the stream lies in the archive.</summary>
    public bool IsArchived { get; set; }

    /// <summary>How many events were folded in since.</summary>
    public int EventsRead { get; private set; }

    /// <summary>Their size as JSON.</summary>
    public long EventBytes { get; private set; }

    public void BeginWithSnapshot(object state, long version, Guid? lastEventId)
    {
        (State, Version, LastEventId) = (state, version, lastEventId);
        SnapshotVersion = version;
    }

    public void BeginWithCached(CachedState cached)
    {
        (State, Version, LastEventId) = (cached.State, cached.Version, cached.LastEventId);
        CachedVersion = cached.Version;
    }

    /// <exception cref="InvalidOperationException">It is not the next event of the stream.</exception>
    public void Add(long version, string eventType, short eventVersion, ReadOnlySpan<byte> data, Guid? eventId)
    {
        if (version != Version + 1)
        {
            throw new InvalidOperationException($"{stream} has a hole: version {version} follows {Version}.");
        }

        var events = model.Decode(eventType, eventVersion, data, stream, version);
        for (var i = 0; i < events.Count; i++)
        {
            State = definition.Apply(State, events[i]);
        }

        (Version, LastEventId) = (version, eventId);
        EventsRead++;
        EventBytes += data.Length;
    }
}
