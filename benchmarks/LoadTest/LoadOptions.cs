using System.Globalization;

namespace Monolith.LoadTest;

/// <summary>What the command line asks for.</summary>
internal sealed record LoadOptions(string Command)
{
    private const int MostEvents = 100_000_000;
    private const int HighestRate = 20_000;
    private const int LongestRun = 24 * 60 * 60;

    public int Events { get; init; } = 1_000_000;

    /// <summary>Appends a second.</summary>
    public int Rate { get; init; } = 500;

    public int Seconds { get; init; } = 60;

    /// <summary>Seconds before those that count.</summary>
    public int WarmUp { get; init; } = 10;

    /// <summary>A file for what was found; null for none.</summary>
    public string? Out { get; init; }

    /// <summary>The version of the projection, where this process is a host that another has started.</summary>
    public int Version { get; init; } = 1;

    public static LoadOptions Parse(IReadOnlyList<string> args)
    {
        if (args.Count % 2 == 0)
        {
            throw new FormatException("Expected a command and pairs of option and value.");
        }

        var options = new LoadOptions(args[0]);
        for (var i = 1; i < args.Count; i += 2)
        {
            var value = args[i + 1];
            options = args[i] switch
            {
                "--events" => options with { Events = Number(value, 1_000, MostEvents) },
                "--rate" => options with { Rate = Number(value, 1, HighestRate) },
                "--seconds" => options with { Seconds = Number(value, 1, LongestRun) },
                "--warm-up" => options with { WarmUp = Number(value, 0, LongestRun) },
                "--version" => options with { Version = Number(value, 1, int.MaxValue) },
                "--out" => options with { Out = value },
                _ => throw new FormatException($"There is no option {args[i]}."),
            };
        }

        return options;
    }

    private static int Number(string value, int least, int most) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"{value} is not a number from {least} to {most}."));
}
