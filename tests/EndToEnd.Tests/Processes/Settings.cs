using System.Text.RegularExpressions;

namespace Monolith.EndToEnd.Tests.Processes;

/// <summary>The settings of the host, as the tables of the README and of docs/webhooks.md name them.</summary>
internal static partial class Settings
{
    private const string ForTests = "(environment, tests)";

    public static readonly IReadOnlySet<string> Known = Read("README.md").Concat(Read("webhooks.md")).ToHashSet(StringComparer.Ordinal);

    /// <summary>The setting that a variable of the environment, or a file, sets.</summary>
    public static string NameOf(string variable) => variable.Replace("__", ":", StringComparison.Ordinal);

    // A row may name several, the second and later ones without the section.
    private static IEnumerable<string> Read(string file)
    {
        foreach (var cell in File.ReadLines(Path.Combine(AppContext.BaseDirectory, file)).Select(line => line.Split(" | ")[0]).Where(cell => cell.StartsWith("| `", StringComparison.Ordinal) && !cell.EndsWith(ForTests, StringComparison.Ordinal)))
        {
            var section = "";
            foreach (var name in NamePattern().Matches(cell).Select(match => match.Groups["name"].Value))
            {
                section = name.Contains(':', StringComparison.Ordinal) ? name[..(name.IndexOf(':', StringComparison.Ordinal) + 1)] : section;
                if (section.Length > 0)
                {
                    yield return name.Contains(':', StringComparison.Ordinal) ? name : section + name;
                }
            }
        }
    }

    [GeneratedRegex(@"`(?<name>[A-Za-z]+(:[A-Za-z]+)*)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamePattern();
}
