using Monolith.EventSourcing;

namespace Monolith.EventStore;

/// <summary>An event that happened elsewhere, as it is to be stored: with the id, the version and the time that it has.</summary>
public sealed record ImportedEvent
{
    private ImportedEvent(StreamId stream, long version, Guid id, DateTimeOffset recordedAt) =>
        (Stream, Version, Id, RecordedAt) = (stream, version, id, recordedAt);

    /// <summary>The stream that it belongs to.</summary>
    public StreamId Stream { get; }

    /// <summary>Its place in that stream, from 1 without a hole.</summary>
    public long Version { get; }

    /// <summary>Its id. It tells a repeated import from a conflict, so it must be the same whenever the source is read.</summary>
    public Guid Id { get; }

    /// <summary>When it was recorded, kept to the microsecond. Never before the event that precedes it in its stream, and never in the future.</summary>
    public DateTimeOffset RecordedAt { get; }

    /// <summary>Stored with it.</summary>
    public EventMetadata Metadata { get; init; } = EventMetadata.Empty;

    /// <summary>
    /// Claims that its aggregate takes and gives back with it. Nothing folds states during an import: where a type has claims
    /// (<see cref="IClaimant"/>), <see cref="ClaimChanges.Between"/> the states before and after the event gives them.
    /// </summary>
    public ClaimChanges Claims { get; init; } = ClaimChanges.None;

    internal object? Event { get; private init; }

    internal string EventType { get; private init; } = "";

    internal short EventVersion { get; private init; }

    internal ReadOnlyMemory<byte> Data { get; private init; }

    /// <summary>An event of a registered type, which is written as an append writes it.</summary>
    public static ImportedEvent Of(StreamId stream, long version, Guid id, DateTimeOffset recordedAt, object @event)
    {
        ArgumentNullException.ThrowIfNull(@event);
        return new(stream, version, id, recordedAt) { Event = @event };
    }

    /// <summary>An event as another store has it. It is stored as it is, once it was found to be readable by the types and upcasters of this process.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="version">Its place in that stream, from 1.</param>
    /// <param name="id">Its id.</param>
    /// <param name="recordedAt">When it was recorded.</param>
    /// <param name="eventType">The stored name of its type, or an alias.</param>
    /// <param name="eventVersion">The version of its shape.</param>
    /// <param name="data">UTF-8 JSON. Copied when the event is taken from the source, so the source may use the memory again for the next.</param>
    public static ImportedEvent Stored(
        StreamId stream, long version, Guid id, DateTimeOffset recordedAt, string eventType, short eventVersion, ReadOnlyMemory<byte> data)
    {
        ArgumentNullException.ThrowIfNull(eventType);
        return new(stream, version, id, recordedAt) { EventType = eventType, EventVersion = eventVersion, Data = data };
    }
}
