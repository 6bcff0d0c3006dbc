using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Monolith.EventSourcing;

namespace Monolith.EventStore;

/// <summary>How metadata is read and written.</summary>
internal static class MetadataJson
{
    public static JsonTypeInfo<EventMetadata> TypeInfo { get; } = (JsonTypeInfo<EventMetadata>)EventJson.Options.GetTypeInfo(typeof(EventMetadata));

    public static EventMetadata Read(ReadOnlySpan<byte> json) =>
        json.Length <= 2 ? EventMetadata.Empty : JsonSerializer.Deserialize(json, TypeInfo) ?? EventMetadata.Empty;
}
