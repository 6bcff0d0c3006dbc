using System.Globalization;
using System.Text.RegularExpressions;

namespace Monolith.EventStore;

/// <summary>Statements with their values in the text, for scripts, which have no parameters.</summary>
internal static partial class Literals
{
    /// <summary>The moment at which a script is run.</summary>
    public const string Now = "now()";

    public static string Of(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";

    public static string Of(int value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Of(DateTimeOffset value) => $"timestamptz '{value.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)}'";

    public static string Of(IEnumerable<string> values) => $"array[{string.Join(", ", values.Select(Of))}]::text[]";

    public static string Of(IEnumerable<bool> values) => $"array[{string.Join(", ", values.Select(value => value ? "true" : "false"))}]::boolean[]";

    /// <summary>The statement of a file with literals for <c>$1</c>, <c>$2</c> …</summary>
    public static string Statement(string file, params IReadOnlyList<string> values) =>
        Parameter().Replace(Statements.Text(file), match => values[int.Parse(match.ValueSpan[1..], CultureInfo.InvariantCulture) - 1]);

    [GeneratedRegex(@"\$[0-9]+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Parameter();
}
