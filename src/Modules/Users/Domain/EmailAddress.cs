using System.Diagnostics.CodeAnalysis;

namespace Monolith.Users.Domain;

/// <summary>
/// An email address: kept as it was given, because the part before the @ belongs to its provider; compared without case, because people
/// write it either way.
/// </summary>
public sealed record EmailAddress
{
    /// <summary>The longest address that can be delivered to (RFC 5321), in characters.</summary>
    public const int MaxLength = 254;

    /// <summary>What a text must be to pass <see cref="TryParse"/>.</summary>
    public const string Rule = "must be an email address of at most 254 characters, like ada@example.com";

    private const int MaxLocalLength = 64;

    private EmailAddress(string value) => Value = value;

    /// <summary>The address, without spaces around it.</summary>
    public string Value { get; }

    /// <summary>The address.</summary>
    /// <exception cref="FormatException">The text is not one.</exception>
    public static EmailAddress Parse(string text) => TryParse(text, out var email) ? email : throw new FormatException("The email " + Rule + ".");

    /// <summary>The address, or false when the text is not one. Only its shape is judged; whether anyone reads it shows when a mail is sent.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out EmailAddress? email)
    {
        var value = text?.Trim() ?? "";
        var at = value.IndexOf('@');
        var valid = value.Length <= MaxLength && at is > 0 and <= MaxLocalLength
            && IsDomain(value.AsSpan(at + 1)) && !value.Any(IsForbidden);
        email = valid ? new(value) : null;
        return valid;
    }

    /// <summary>The form in which two addresses that differ only in case, or in spaces around them, are the same.</summary>
    [SuppressMessage("Globalization", "CA1308", Justification = "Addresses are customarily written in lower case.")]
    public static string Canonical(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Trim().ToLowerInvariant();
    }

    private static bool IsDomain(ReadOnlySpan<char> domain) => domain.Length > 0
        && !domain.Contains('@') && domain.IndexOf("..") < 0 && domain[0] is not ('.' or '-') && domain[^1] is not ('.' or '-');

    private static bool IsForbidden(char character) =>
        char.IsWhiteSpace(character) || char.IsControl(character) || character is '<' or '>' or '"' or ',' or ';';
}
