using System.Text.Json;

namespace Monolith.Benchmarks.Gate;

/// <summary>The line in which the load test says to other programs what it found: <c>RESULT {"scenario":"freshness","p99_ms":17.6}</c>.</summary>
internal sealed record LoadTestResult(string Scenario, IReadOnlyDictionary<string, double> Figures)
{
    private const string Mark = "RESULT ";

    /// <exception cref="FormatException">There is not one such line for the scenario, or it is no JSON.</exception>
    public static LoadTestResult Parse(string output, string scenario)
    {
        var lines = output.Split('\n').Where(line => line.StartsWith(Mark, StringComparison.Ordinal)).ToList();
        try
        {
            return lines.Select(line => Read(line[Mark.Length..])).LastOrDefault(result => result.Scenario == scenario)
                ?? throw new FormatException($"The load test ended without a line {Mark}of {scenario}.");
        }
        catch (JsonException problem)
        {
            throw new FormatException($"The load test gave a line {Mark}that is no JSON: {problem.Message}", problem);
        }
    }

    /// <exception cref="FormatException">It is not among them.</exception>
    public double Figure(string name) =>
        Figures.TryGetValue(name, out var figure) ? figure : throw new FormatException($"The load test said nothing of {name}.");

    private static LoadTestResult Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        var figures = document.RootElement.EnumerateObject()
            .Where(property => property.Value.ValueKind == JsonValueKind.Number)
            .ToDictionary(property => property.Name, property => property.Value.GetDouble(), StringComparer.Ordinal);
        var scenario = document.RootElement.TryGetProperty("scenario", out var said) ? said.GetString() : null;
        return new(scenario ?? "", figures);
    }
}
