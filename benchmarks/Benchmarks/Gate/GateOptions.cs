using System.Globalization;

namespace Monolith.Benchmarks.Gate;

/// <summary>What the command line asks of the gate.</summary>
internal sealed record GateOptions
{
    public const string Usage =
        """
        Usage: benchmarks/release.sh [options]
          --runs 3          how often everything is measured; 1 without it, up to 10 minutes each
          --approve         what is measured becomes the baseline, and the table of the READMEs
          --only append,wal the scenes with one of these in their names
          --seconds 8       how long the rounds of a scene go on
          --dry             each scene with little data and in one round; compares nothing and writes nothing
        Ends with 0 when nothing fell behind the baseline, 1 when something did, 2 when it could not run.
        """;

    private const int MostRuns = 50;
    private const int MostSeconds = 600;

    public int Runs { get; private init; } = 1;

    public bool Approve { get; private init; }

    public bool Dry { get; private init; }

    /// <summary>Parts of the names of the scenes that are wanted; none for all.</summary>
    public IReadOnlyList<string> Only { get; private init; } = [];

    public int Seconds { get; private init; } = 8;

    /// <exception cref="FormatException">There is no such option, or not such a value.</exception>
    public static GateOptions Parse(IReadOnlyList<string> args)
    {
        var options = new GateOptions();
        for (var i = 0; i < args.Count; i++)
        {
            options = args[i] switch
            {
                "--approve" => options with { Approve = true },
                "--dry" => options with { Dry = true },
                "--runs" => options with { Runs = Number(Value(args, ++i), MostRuns) },
                "--seconds" => options with { Seconds = Number(Value(args, ++i), MostSeconds) },
                "--only" => options with { Only = Value(args, ++i).Split(',', StringSplitOptions.RemoveEmptyEntries) },
                _ => throw new FormatException($"There is no option {args[i]}."),
            };
        }

        return options is { Dry: true, Approve: true } ? throw new FormatException("A dry run measures nothing that could be approved.") : options;
    }

    /// <summary>Whether a scene is wanted.</summary>
    public bool Takes(string scene) => Only.Count == 0 || Only.Any(part => scene.Contains(part, StringComparison.Ordinal));

    private static string Value(IReadOnlyList<string> args, int at) => at < args.Count ? args[at] : throw new FormatException($"{args[at - 1]} needs a value.");

    private static int Number(string value, int most) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most
            ? number
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"{value} is not a number from 1 to {most}."));
}
