using System.Text.Json;
using Monolith.EventSourcing;

namespace Monolith.EventStore;

/// <summary>An append as it goes to the server: checked, serialized, in columns.</summary>
internal sealed class EncodedAppend
{
    private const int MaxClaimLength = 512;

    private static readonly byte[] NoMetadata = "{}"u8.ToArray();

    private static ReadOnlySpan<byte> EscapedNul => "\\u0000"u8;

    private EncodedAppend(AppendRequest request, AggregateDefinition aggregate, NewEvent[] events, DomainModel model, EventStoreOptions options)
    {
        Request = request;
        Aggregate = aggregate;
        Metadata = Encode(request.Metadata, options);
        EventIds = new Guid[events.Length];
        EventTypes = new string[events.Length];
        EventVersions = new short[events.Length];
        Data = new byte[events.Length][];
        for (var i = 0; i < events.Length; i++)
        {
            var definition = model.Event(events[i].Event.GetType());
            EventIds[i] = events[i].Id;
            EventTypes[i] = definition.Name;
            EventVersions[i] = definition.Version;
            Data[i] = definition.Serialize(events[i].Event);
            Check(Data[i].Length, options.MaxEventBytes, $"The event '{definition.Name}'");
            RefuseNul(Data[i]);
            Bytes += Data[i].Length;
        }

        Check(Bytes, options.MaxBatchBytes, "The batch");
        CheckClaims(request.Claims);
    }

    public AppendRequest Request { get; }

    public AggregateDefinition Aggregate { get; }

    public StreamId Stream => Request.Stream;

    public int Count => EventIds.Length;

    /// <summary>The size of all event data.</summary>
    public long Bytes { get; }

    /// <summary>
    /// For types with snapshots by size: how many bytes of data a load will read of these events, or a little more. jsonb comes back with a space behind
    /// each comma and each colon. 0 for all other types.
    /// </summary>
    public long BytesToLoad
    {
        get
        {
            if (Aggregate.SnapshotAfterBytes == 0)
            {
                return 0;
            }

            var bytes = Bytes;
            foreach (var data in Data)
            {
                bytes += data.AsSpan().Count((byte)',') + data.AsSpan().Count((byte)':');
            }

            return bytes;
        }
    }

    public byte[] Metadata { get; }

    public Guid[] EventIds { get; }

    public string[] EventTypes { get; }

    public short[] EventVersions { get; }

    public byte[][] Data { get; }

    /// <summary>Null when there is nothing to append.</summary>
    public static EncodedAppend? Of(AppendRequest request, DomainModel model, EventStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(request);
        var aggregate = model.Aggregate(request.Stream.AggregateType);
        NewEvent[] events = [.. request.Events];
        CheckCount(events.Length, options);
        return events.Length == 0 ? null : new(request, aggregate, events, model, options);
    }

    /// <summary>Holds appends that travel together to the limits of one.</summary>
    public static void CheckTogether(IEnumerable<EncodedAppend> appends, EventStoreOptions options)
    {
        var (events, bytes) = (0, 0L);
        foreach (var append in appends)
        {
            events += append.Count;
            bytes += append.Bytes;
        }

        CheckCount(events, options);
        Check(bytes, options.MaxBatchBytes, "The batch");
    }

    /// <summary>Refuses claims that cannot be stored.</summary>
    public static void CheckClaims(ClaimChanges claims)
    {
        foreach (var claim in claims.Taken)
        {
            Check(claim.Value.Length, MaxClaimLength, $"The claim '{claim.Name}'");
            Refuse(claim.Value.Contains('\0', StringComparison.Ordinal));
        }
    }

    private static void CheckCount(int events, EventStoreOptions options)
    {
        if (events > options.MaxBatchEvents)
        {
            throw new UnstorableEventException(
                UnstorableEventException.TooLarge, $"The batch has {events} events; at most {options.MaxBatchEvents} are allowed.");
        }
    }

    /// <summary>Metadata as it is stored.</summary>
    public static byte[] Encode(EventMetadata metadata, EventStoreOptions options)
    {
        if (metadata == EventMetadata.Empty)
        {
            return NoMetadata;
        }

        var encoded = JsonSerializer.SerializeToUtf8Bytes(metadata, MetadataJson.TypeInfo);
        Check(encoded.Length, options.MaxMetadataBytes, "The metadata");
        RefuseNul(encoded);
        return encoded;
    }

    /// <summary>Refuses JSON with the character NUL. The server would refuse it too, but together with the rest of its batch.</summary>
    public static void RefuseNul(ReadOnlySpan<byte> json)
    {
        for (var at = json.IndexOf(EscapedNul); at >= 0;)
        {
            var backslashes = 1;
            while (at - backslashes >= 0 && json[at - backslashes] == (byte)'\\')
            {
                backslashes++;
            }

            Refuse(backslashes % 2 == 1);
            var next = json[(at + 1)..].IndexOf(EscapedNul);
            at = next < 0 ? -1 : at + 1 + next;
        }
    }

    private static void Refuse(bool holdsNul)
    {
        if (holdsNul)
        {
            throw new UnstorableEventException(UnstorableEventException.InvalidText, "Text holds the character NUL, which PostgreSQL cannot store.");
        }
    }

    /// <summary>Refuses what is larger than allowed.</summary>
    public static void Check(long bytes, long limit, string what)
    {
        if (bytes > limit)
        {
            throw new UnstorableEventException(UnstorableEventException.TooLarge, $"{what} has a size of {bytes}; at most {limit} is allowed.");
        }
    }
}
