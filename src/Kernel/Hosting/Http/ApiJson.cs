using System.Text.Json;
using System.Text.Json.Serialization;

namespace Monolith.Hosting;

/// <summary>How requests are read and answers written as JSON. Reading is strict: what is not understood is refused, not ignored.</summary>
internal static class ApiJson
{
    private const int MaxDepth = 32;

    public static void Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.PropertyNameCaseInsensitive = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        options.MaxDepth = MaxDepth;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
        options.Converters.Add(new TextConverter());
    }

    // PostgreSQL stores no NUL. Refusing it here tells the caller which field holds it.
    private sealed class TextConverter : JsonConverter<string>
    {
        public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.String)
            {
                throw new JsonException();
            }

            string? text;
            try
            {
                text = reader.GetString();
            }
            catch (InvalidOperationException)
            {
                throw new RefusedTextException("Holds half of a surrogate pair.");
            }

            return text?.Contains('\0', StringComparison.Ordinal) == true ? throw new RefusedTextException("Holds the character NUL.") : text;
        }

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
    }
}

/// <summary>Text in a request that cannot be stored. Its message is for the caller.</summary>
internal sealed class RefusedTextException(string message) : JsonException(message);
