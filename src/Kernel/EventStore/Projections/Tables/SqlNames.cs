using System.Text.RegularExpressions;

namespace Monolith.EventStore.Projections;

/// <summary>Names that need no quotes in SQL.</summary>
internal static partial class SqlNames
{
    public static bool IsPlain(string name) => Plain().IsMatch(name);

    [GeneratedRegex(@"\A[a-z_][a-z0-9_]{0,62}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Plain();
}
