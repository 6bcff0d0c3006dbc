using System.Diagnostics.CodeAnalysis;

namespace Monolith.Users.Domain;

/// <summary>
/// The name a user signs in with: kept as it was given, compared without case. Only ASCII, so that no two names can look the same and
/// differ.
/// </summary>
public sealed record Username
{
    /// <summary>The fewest characters.</summary>
    public const int MinLength = 3;

    /// <summary>The most characters.</summary>
    public const int MaxLength = 32;

    /// <summary>What a text must be to pass <see cref="TryParse"/>.</summary>
    public const string Rule = "must have 3 to 32 letters a to z, digits, dots, hyphens or underscores, and begin with a letter or digit";

    private Username(string value) => Value = value;

    /// <summary>The name, without spaces around it.</summary>
    public string Value { get; }

    /// <summary>The name.</summary>
    /// <exception cref="FormatException">The text is not one.</exception>
    public static Username Parse(string text) => TryParse(text, out var name) ? name : throw new FormatException("The username " + Rule + ".");

    /// <summary>The name, or false when the text is not one.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Username? name)
    {
        var value = text?.Trim() ?? "";
        var valid = value.Length is >= MinLength and <= MaxLength && char.IsAsciiLetterOrDigit(value[0])
            && value.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_');
        name = valid ? new(value) : null;
        return valid;
    }

    /// <summary>The form in which two names that differ only in case, or in spaces around them, are the same.</summary>
    [SuppressMessage("Globalization", "CA1308", Justification = "Names are customarily written in lower case.")]
    public static string Canonical(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Trim().ToLowerInvariant();
    }
}
