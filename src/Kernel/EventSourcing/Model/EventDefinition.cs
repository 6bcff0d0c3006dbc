using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Monolith.EventSourcing;

/// <summary>A registered event type: its stored name and how it is written and read. The JSON contract is built once, at registration.</summary>
public sealed class EventDefinition
{
    private readonly JsonTypeInfo json;

    internal EventDefinition(Type clrType, EventTypeAttribute declared)
    {
        if (clrType.IsAbstract)
        {
            throw new InvalidModelException($"{clrType.FullName} cannot be an event: it is abstract.");
        }

        ClrType = clrType;
        Name = declared.Name;
        Version = declared.Version;
        Aliases = declared.Aliases;
        json = EventJson.ContractOf(clrType);
    }

    /// <summary>The class.</summary>
    public Type ClrType { get; }

    /// <summary>The stored name.</summary>
    public string Name { get; }

    /// <summary>The version of the shape that is written.</summary>
    public short Version { get; }

    /// <summary>Names under which older events of the type are stored.</summary>
    public IReadOnlyList<string> Aliases { get; }

    /// <summary>The event as UTF-8 JSON.</summary>
    public byte[] Serialize(object @event) => JsonSerializer.SerializeToUtf8Bytes(@event, json);

    /// <summary>The event from UTF-8 JSON of the current version.</summary>
    /// <exception cref="JsonException">The JSON does not fit the type.</exception>
    public object Deserialize(ReadOnlySpan<byte> data) =>
        JsonSerializer.Deserialize(data, json) ?? throw new JsonException($"The data of '{Name}' is null.");
}
