using System.Text.Json;
using System.Text.Json.Serialization;

namespace Monolith.Users.Domain;

/// <summary>
/// A password in clear, on its way from a request to the hasher. It cannot be shown by accident: text forms have a mask, and to write it as
/// JSON (into a queue, a log, an answer) is an error.
/// </summary>
[JsonConverter(typeof(PasswordJson))]
public readonly record struct Password
{
    /// <summary>The fewest characters.</summary>
    public const int MinLength = 8;

    /// <summary>The most characters, so that hashing costs the same whatever is sent.</summary>
    public const int MaxLength = 256;

    private readonly string? text;

    /// <summary>A password.</summary>
    public Password(string? text) => this.text = text;

    /// <summary>How many characters it has.</summary>
    public int Length => text?.Length ?? 0;

    /// <summary>The password in clear, for the hasher only.</summary>
    public string Reveal() => text ?? "";

    /// <summary>A mask.</summary>
    public override string ToString() => "***";

    private sealed class PasswordJson : JsonConverter<Password>
    {
        public override Password Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetString());

        public override void Write(Utf8JsonWriter writer, Password value, JsonSerializerOptions options) =>
            throw new NotSupportedException("A password in clear is never written.");
    }
}

/// <summary>What is kept of a password: a salted, slow hash. JSON has it, because events do; text forms have a mask.</summary>
[JsonConverter(typeof(PasswordHashJson))]
public readonly record struct PasswordHash
{
    private readonly string? text;

    /// <summary>A hash, as the hasher gave it.</summary>
    public PasswordHash(string text) => this.text = text;

    /// <summary>No hash: no password matches it. The default.</summary>
    public static PasswordHash None => default;

    /// <summary>The hash, for the hasher only.</summary>
    public string Reveal() => text ?? "";

    /// <summary>A mask.</summary>
    public override string ToString() => "***";

    private sealed class PasswordHashJson : JsonConverter<PasswordHash>
    {
        public override PasswordHash Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetString() is { Length: > 0 } text ? new(text) : None;

        public override void Write(Utf8JsonWriter writer, PasswordHash value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.Reveal());
    }
}
