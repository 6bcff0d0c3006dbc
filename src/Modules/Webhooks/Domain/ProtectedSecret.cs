using System.Text.Json;
using System.Text.Json.Serialization;

namespace Monolith.Webhooks.Domain;

/// <summary>A signing secret, encrypted. JSON has it, because events do; text forms have a mask.</summary>
[JsonConverter(typeof(ProtectedSecretJson))]
public readonly record struct ProtectedSecret
{
    private readonly string? text;

    /// <summary>An encrypted secret.</summary>
    public ProtectedSecret(string text) => this.text = text;

    /// <summary>No secret. The default.</summary>
    public static ProtectedSecret None => default;

    /// <summary>The encrypted form, for whoever can decrypt it.</summary>
    public string Reveal() => text ?? "";

    /// <summary>A mask.</summary>
    public override string ToString() => "***";

    private sealed class ProtectedSecretJson : JsonConverter<ProtectedSecret>
    {
        public override ProtectedSecret Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetString() is { Length: > 0 } text ? new(text) : None;

        public override void Write(Utf8JsonWriter writer, ProtectedSecret value, JsonSerializerOptions options) => writer.WriteStringValue(value.Reveal());
    }
}
