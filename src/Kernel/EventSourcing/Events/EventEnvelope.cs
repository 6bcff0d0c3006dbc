namespace Monolith.EventSourcing;

/// <summary>A stored event with everything the store knows of it. Immutable: what is read never changes.</summary>
public sealed record EventEnvelope
{
    /// <summary>The id the writer gave it.</summary>
    public required Guid EventId { get; init; }

    /// <summary>The stored name of the event's type, <c>user.email_changed</c>.</summary>
    public required string EventType { get; init; }

    /// <summary>The version of the stored shape, before upcasting.</summary>
    public short EventVersion { get; init; } = 1;

    /// <summary>The tenant that owns it.</summary>
    public required string TenantId { get; init; }

    /// <summary>The aggregate it happened to.</summary>
    public required Guid AggregateId { get; init; }

    /// <summary>The stored name of that aggregate's type.</summary>
    public required string AggregateType { get; init; }

    /// <summary>Its place in the aggregate's stream, from 1 without a hole.</summary>
    public required long Version { get; init; }

    /// <summary>Its place in the feed of all events: rising, with holes.</summary>
    public required long Position { get; init; }

    /// <summary>When the store accepted it, to the microsecond; never before the event that precedes it in its stream.</summary>
    public required DateTimeOffset RecordedAt { get; init; }

    /// <summary>The event itself, upcast to the newest version of its type.</summary>
    public required object Event { get; init; }

    /// <summary>Why and by whom.</summary>
    public EventMetadata Metadata { get; init; } = EventMetadata.Empty;

    /// <summary>The stream it belongs to.</summary>
    public StreamId Stream => new(TenantId, AggregateType, AggregateId);
}
