using System.Globalization;

namespace Monolith.Testing;

/// <summary>One member of a stored event, at whatever depth.</summary>
/// <param name="Path">Where it is: <c>lines[].price</c> of an item, <c>labels{}</c> a value, <c>payment(card).pan</c> of one of several forms.</param>
/// <param name="Type">What it holds.</param>
/// <param name="IsNullable">Whether that may be null.</param>
/// <param name="IsOptional">Whether it may be missing.</param>
internal sealed record StoredMember(string Path, string Type, bool IsNullable, bool IsOptional)
{
    private const string Null = " or null";
    private const string Optional = ", optional";
    private const string Enum = "enum ";

    // Each reads whatever the ones before it have written.
    private static readonly string[] Widening = ["Byte", "Int16", "Int32", "Int64", "Decimal"];

    /// <summary>The type of a member that takes one of these words.</summary>
    public static string EnumOf(IEnumerable<string> words) =>
        Enum + string.Join('|', words.Select(Token).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    /// <summary>A name as it stands in a path or an enum: without what would be taken for the notation.</summary>
    public static string Token(string name) => string.Concat(name.Select(letter =>
        char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-' or '$' ? letter.ToString() : $"\\u{(int)letter:x4}"));

    public static StoredMember Parse(string line)
    {
        var end = line.IndexOf(": ", StringComparison.Ordinal);
        if (end < 0)
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"'{line}' is not a member: expected 'path: type'."));
        }

        var (path, type) = (line[..end], line[(end + 2)..]);
        var isOptional = Cut(ref type, Optional);
        var isNullable = Cut(ref type, Null);
        return new(path, type, isNullable, isOptional);
    }

    public bool IsIn(StoredMember container) =>
        Path.Length > container.Path.Length && Path.StartsWith(container.Path, StringComparison.Ordinal) && Path[container.Path.Length] is '.' or '[' or '{' or '(';

    /// <summary>Why this build cannot read what was stored as the former member; null when it can.</summary>
    public string? WhyUnreadable(StoredMember former)
    {
        if (Type != former.Type && !Widens(former.Type))
        {
            return Words(former.Type) is { } words && Words(Type) is { } now && words.Except(now, StringComparer.Ordinal).ToList() is { Count: > 0 } gone
                ? $"{string.Join(", ", gone)} may be stored"
                : "what is stored is of another type";
        }

        return former.IsNullable && !IsNullable ? "null may be stored"
            : former.IsOptional && !IsOptional ? "it may be missing in what is stored: give it a default"
            : null;
    }

    public override string ToString() => $"{Path}: {Type}{(IsNullable ? Null : "")}{(IsOptional ? Optional : "")}";

    private bool Widens(string former)
    {
        var (from, to) = (Array.IndexOf(Widening, former), Array.IndexOf(Widening, Type));
        return (from >= 0 && to > from) || (Words(former) is { } words && Words(Type) is { } now && words.All(now.Contains));
    }

    private static string[]? Words(string type) => type.StartsWith(Enum, StringComparison.Ordinal) ? type[Enum.Length..].Split('|') : null;

    private static bool Cut(ref string text, string end)
    {
        var ends = text.EndsWith(end, StringComparison.Ordinal);
        text = ends ? text[..^end.Length] : text;
        return ends;
    }
}
