using System.Globalization;

namespace Monolith.Benchmarks.Gate;

/// <summary>The table that the READMEs show: that of the baseline, between two marks, so that no figure stands there that was not measured and approved.</summary>
internal static class ReadmeTable
{
    public const string Begin = "<!-- what benchmarks/baseline.json says, written by benchmarks/release.sh --approve -->";
    public const string End = "<!-- end -->";

    /// <summary>The READMEs, relative to the root of the repository.</summary>
    public static IReadOnlyList<string> Files { get; } = ["README.md", "benchmarks/README.md"];

    public static string Of(Baseline? baseline, IReadOnlyList<Row> rows)
    {
        if (baseline is null)
        {
            return "Not measured yet.\n";
        }

        var table = new Table("Question", "Against", "Goal", "Measured", "Spread");
        foreach (var row in rows)
        {
            if (baseline.Rows.TryGetValue(row.Id, out var measured))
            {
                var value = row.Goal is null ? row.Text(measured.Value) : row.Meets(measured.Value) ? $"**{row.Text(measured.Value)}**" : $"{row.Text(measured.Value)}, missed";
                table.Add(row.Question, row.Against, row.GoalText, value, $"{row.Text(measured.Low)} to {row.Text(measured.High)}");
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{baseline.Measured}, {baseline.Runs} runs, {baseline.Machine}\n\n{table}");
    }

    /// <summary>The text with the table between its marks.</summary>
    /// <exception cref="FormatException">The marks are missing.</exception>
    public static string PutInto(string text, string table)
    {
        var begin = text.IndexOf(Begin, StringComparison.Ordinal);
        var end = text.IndexOf(End, begin < 0 ? 0 : begin, StringComparison.Ordinal);
        return begin < 0 || end < 0
            ? throw new FormatException($"The text has no table between {Begin} and {End}.")
            : $"{text[..begin]}{Begin}\n\n{table}\n{text[end..]}";
    }
}
