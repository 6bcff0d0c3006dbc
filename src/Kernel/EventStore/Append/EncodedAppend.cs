using System.Text.Json;
using Monolith.EventSourcing;

namespace Monolith.EventStore;

/// <summary>An append as it goes to the server: checked, serialized, in columns.</summary>
internal sealed class EncodedAppend
{
    private static readonly byte[] NoMetadata = "{}"u8.ToArray();

    private EncodedAppend(AppendRequest request, NewEvent[] events, DomainModel model, EventStoreOptions options)
    {
        Request = request;
        Metadata = Encode(request.Metadata, options);
        EventIds = new Guid[events.Length];
        EventTypes = new string[events.Length];
        EventVersions = new short[events.Length];
        Data = new byte[events.Length][];
        long bytes = 0;
        for (var i = 0; i < events.Length; i++)
        {
            var definition = model.Event(events[i].Event.GetType());
            EventIds[i] = events[i].Id;
            EventTypes[i] = definition.Name;
            EventVersions[i] = definition.Version;
            Data[i] = definition.Serialize(events[i].Event);
            Check(Data[i].Length, options.MaxEventBytes, $"The event '{definition.Name}'");
            bytes += Data[i].Length;
        }

        Check(bytes, options.MaxBatchBytes, "The batch");
    }

    public AppendRequest Request { get; }

    public StreamId Stream => Request.Stream;

    public int Count => EventIds.Length;

    public byte[] Metadata { get; }

    public Guid[] EventIds { get; }

    public string[] EventTypes { get; }

    public short[] EventVersions { get; }

    public byte[][] Data { get; }

    /// <summary>Null when there is nothing to append.</summary>
    public static EncodedAppend? Of(AppendRequest request, DomainModel model, EventStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(request);
        _ = model.Aggregate(request.Stream.AggregateType);
        NewEvent[] events = [.. request.Events];
        if (events.Length > options.MaxBatchEvents)
        {
            throw new UnstorableEventException(
                UnstorableEventException.TooLarge, $"The batch has {events.Length} events; at most {options.MaxBatchEvents} are allowed.");
        }

        return events.Length == 0 ? null : new(request, events, model, options);
    }

    private static byte[] Encode(EventMetadata metadata, EventStoreOptions options)
    {
        if (metadata == EventMetadata.Empty)
        {
            return NoMetadata;
        }

        var encoded = JsonSerializer.SerializeToUtf8Bytes(metadata, MetadataJson.TypeInfo);
        Check(encoded.Length, options.MaxMetadataBytes, "The metadata");
        return encoded;
    }

    private static void Check(long bytes, long limit, string what)
    {
        if (bytes > limit)
        {
            throw new UnstorableEventException(UnstorableEventException.TooLarge, $"{what} has {bytes} bytes; at most {limit} are allowed.");
        }
    }
}
