using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>A row of the statements that read whole events; their columns stand in this order. To be decoded before the next one is read.</summary>
internal readonly struct EnvelopeRow
{
    private readonly ReadOnlyMemory<byte> data;

    public EnvelopeRow(NpgsqlDataReader reader, ColumnReader columns)
    {
        Position = reader.GetInt64(0);
        Version = reader.GetInt64(1);
        RecordedAt = reader.GetFieldValue<DateTimeOffset>(2);
        EventId = reader.GetGuid(3);
        AggregateId = reader.GetGuid(4);
        EventVersion = reader.GetInt16(5);
        TenantId = columns.Name(reader, 6);
        AggregateType = columns.Name(reader, 7);
        EventType = columns.Name(reader, 8);
        Metadata = MetadataJson.Read(columns.Json(reader, 9).Span);
        data = columns.Json(reader, 10);
    }

    public long Position { get; }

    public long Version { get; }

    public DateTimeOffset RecordedAt { get; }

    public Guid EventId { get; }

    public Guid AggregateId { get; }

    public short EventVersion { get; }

    public string TenantId { get; }

    public string AggregateType { get; }

    public string EventType { get; }

    public EventMetadata Metadata { get; }

    /// <summary>The size of the data as it was read.</summary>
    public int DataBytes => data.Length;

    public DecodedEvents Decode(DomainModel model) =>
        model.Decode(EventType, EventVersion, data.Span, new(TenantId, AggregateType, AggregateId), Version);

    public EventEnvelope Envelope(object @event) => new()
    {
        EventId = EventId,
        EventType = EventType,
        EventVersion = EventVersion,
        TenantId = TenantId,
        AggregateId = AggregateId,
        AggregateType = AggregateType,
        Version = Version,
        Position = Position,
        RecordedAt = RecordedAt,
        Event = @event,
        Metadata = Metadata,
    };
}
