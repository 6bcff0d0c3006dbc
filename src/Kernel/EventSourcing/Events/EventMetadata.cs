using System.Text.Json.Serialization;

namespace Monolith.EventSourcing;

/// <summary>Why and by whom an event came to be. Stored beside the event; no business rule reads it.</summary>
public sealed record EventMetadata
{
    /// <summary>Metadata that says nothing.</summary>
    public static EventMetadata Empty { get; } = new();

    /// <summary>One id for everything that one request from outside led to.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? CorrelationId { get; init; }

    /// <summary>The message or event that directly led to this one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? CausationId { get; init; }

    /// <summary>The name of the command whose decision this event is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Command { get; init; }

    /// <summary>Who gave the command.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? UserId { get; init; }

    /// <summary>The W3C trace id of the request.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TraceId { get; init; }

    /// <summary>The span of that trace in which the command was given, so that what follows from the event can link to it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SpanId { get; init; }

    /// <summary>Whatever else the application wants to keep.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Headers { get; init; }
}
