using System.Text.Json;
using System.Text.Json.Serialization;

namespace Monolith.EventSourcing;

/// <summary>How events, metadata and states are written as JSON. What is stored must stay readable for ever, so this never changes.</summary>
public static class EventJson
{
    /// <summary>
    /// camelCase, enums as strings, a missing constructor parameter without a default is an error, null where none is allowed is an error,
    /// unknown members are ignored so that a field can be taken away.
    /// </summary>
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            NumberHandling = JsonNumberHandling.Strict,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver(),
        };
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
        options.MakeReadOnly();
        return options;
    }
}
