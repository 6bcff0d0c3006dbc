namespace Monolith.LoadTest;

/// <summary>What the program says of itself.</summary>
internal static class Usage
{
    public static string Text { get; } = string.Join(
        Environment.NewLine,
        [
            "A scenario, then options:",
            .. Scenario.All.Select(scenario => $"  {scenario.Name,-20}{scenario.Title}: {scenario.Takes}"),
            "  all                 each of them, for --dry",
            "Those with a rate take --seconds, --warm-up, --count (the most arrivals), --under-way (the most at a time), --arrivals poisson|constant, --seed.",
            "All: --out <file> writes what was found to a file too; --dry takes next to nothing, to see that it runs. Ctrl+C ends it with what was found so far.",
            "MONOLITH_BENCHMARK_POSTGRES names another server than a private one by connection string, MONOLITH_LOAD_TOKEN the token for --url.",
        ]);
}
