using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Monolith.Benchmarks.Gate;

/// <summary>A figure that later ones are held to.</summary>
/// <param name="Value">The median of the runs' medians.</param>
/// <param name="Low">The lower quartile of all rounds.</param>
/// <param name="High">The upper one.</param>
/// <param name="Tolerance">How far behind a later figure may lie, as a share of the value.</param>
/// <param name="Goal">The goal when it was measured; empty for none.</param>
internal sealed record BaselineRow(double Value, double Low, double High, double Tolerance, string Goal)
{
    private const int Digits = 4;

    public static BaselineRow Of(Outcome outcome)
    {
        var (low, high) = outcome.Quartiles;
        return new(Rounded(outcome.Value), Rounded(low), Rounded(high), outcome.Tolerance, outcome.Row.GoalText);
    }

    private static double Rounded(double value) => Math.Round(value, Digits);
}

/// <summary>What was measured before and approved: the committed file.</summary>
internal sealed record Baseline(string Measured, string Machine, int Runs, SortedDictionary<string, BaselineRow> Rows)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>The rows that were measured now take the place of those of the baseline; the others stay.</summary>
    public static Baseline Approve(Baseline? before, IReadOnlyList<Outcome> outcomes, string measured, string machine, int runs)
    {
        var rows = new SortedDictionary<string, BaselineRow>(before?.Rows ?? [], StringComparer.Ordinal);
        foreach (var outcome in outcomes)
        {
            rows[outcome.Row.Id] = BaselineRow.Of(outcome);
        }

        return new(measured, machine, runs, rows);
    }

    /// <exception cref="JsonException">The text is no baseline.</exception>
    public static Baseline Parse(string text) => JsonSerializer.Deserialize<Baseline>(text, Json) ?? throw new JsonException("The baseline is null.");

    public string ToText() => JsonSerializer.Serialize(this, Json) + "\n";
}
