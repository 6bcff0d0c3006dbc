using System.Text;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;

namespace Monolith.EventStore;

/// <summary>Turns events of a source into rows: checked, and in the bytes that are written.</summary>
internal sealed class ImportEncoding(DomainModel model, InlineViews inline, EventStoreOptions options, TimeProvider time)
{
    // Another store's clock may be ahead of ours.
    private static readonly TimeSpan LargestClockSkew = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, byte[]> typeNames = new(StringComparer.Ordinal);
    private EventMetadata lastMetadata = EventMetadata.Empty;
    private byte[]? lastMetadataJson;

    /// <exception cref="InvalidImportException">It is too large, holds what cannot be stored, or has no usable time.</exception>
    /// <exception cref="UnknownEventTypeException">No registered type declares its stored name.</exception>
    /// <exception cref="UnreadableEventException">Its JSON does not fit the type.</exception>
    /// <exception cref="InlineProjectionException">An inline projection reads it.</exception>
    /// <exception cref="InvalidModelException">Its class or its aggregate type is not registered.</exception>
    public ImportedRow Encode(ImportedEvent imported, ImportedStream stream)
    {
        var (id, version) = (imported.Stream, imported.Version);
        _ = model.Aggregate(id.AggregateType);
        RefuseInline(id);
        try
        {
            var (name, eventVersion, data) = imported.Event is { } @event ? Serialize(@event) : Read(imported);
            EncodedAppend.Check(data.Length, options.MaxEventBytes, $"The event '{name}'");
            EncodedAppend.RefuseNul(data);
            EncodedAppend.CheckClaims(imported.Claims);
            return new(stream, version, imported.Id, TimeOf(imported), NameOf(name), eventVersion, data, Encode(imported.Metadata), imported.Claims);
        }
        catch (UnstorableEventException problem)
        {
            throw new InvalidImportException(problem.Code, id, version, problem.Message, problem);
        }
    }

    private void RefuseInline(StreamId stream)
    {
        if (inline.Of(stream.AggregateType) is [var view, ..])
        {
            throw new InlineProjectionException(
                InlineProjectionException.NotImported,
                view.Projection.Name,
                $"{stream} cannot be imported: the inline projection '{view.Projection.Name}' reads it, and an import does not apply it. Import before the projection is declared inline; it builds itself then.");
        }
    }

    private (string Name, short Version, byte[] Data) Serialize(object @event)
    {
        var definition = model.Event(@event.GetType());
        return (definition.Name, definition.Version, definition.Serialize(@event));
    }

    // Read once as every load will read it: what cannot be read would stand in the way of its aggregate for ever.
    private (string Name, short Version, byte[] Data) Read(ImportedEvent imported)
    {
        var data = imported.Data.ToArray();
        _ = model.Decode(imported.EventType, imported.EventVersion, data, imported.Stream, imported.Version);
        return (imported.EventType, imported.EventVersion, data);
    }

    // PostgreSQL keeps microseconds, so that is what is compared too.
    private DateTime TimeOf(ImportedEvent imported)
    {
        var recordedAt = imported.RecordedAt.UtcDateTime;
        if (imported.RecordedAt == DateTimeOffset.MinValue || recordedAt > time.GetUtcNow().UtcDateTime + LargestClockSkew)
        {
            throw new InvalidImportException(
                InvalidImportException.InvalidTime, imported.Stream, imported.Version, FormattableString.Invariant($"{recordedAt:O} is in the future, or no time at all."));
        }

        return recordedAt.AddTicks(-(recordedAt.Ticks % TimeSpan.TicksPerMicrosecond));
    }

    private byte[] NameOf(string type)
    {
        if (!typeNames.TryGetValue(type, out var bytes))
        {
            typeNames[type] = bytes = Encoding.UTF8.GetBytes(type);
        }

        return bytes;
    }

    // Neighbours often share theirs.
    private byte[] Encode(EventMetadata metadata)
    {
        if (lastMetadataJson is null || !ReferenceEquals(metadata, lastMetadata))
        {
            (lastMetadata, lastMetadataJson) = (metadata, EncodedAppend.Encode(metadata, options));
        }

        return lastMetadataJson;
    }
}
