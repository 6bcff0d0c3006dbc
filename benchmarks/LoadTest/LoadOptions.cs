using System.Globalization;
using Monolith.LoadTest.Arrivals;

namespace Monolith.LoadTest;

/// <summary>What the command line asks for, over what the scenario takes by itself.</summary>
internal sealed record LoadOptions
{
    private const int MostEvents = 100_000_000;
    private const int HighestRate = 100_000;
    private const int LongestRun = 7 * 24 * 60 * 60;

    /// <summary>Events that are stored before anything is measured.</summary>
    public int Events { get; init; }

    /// <summary>Streams that are appended to, accounts for commands.</summary>
    public int Streams { get; init; } = 1_000;

    public int Tenants { get; init; } = 8;

    /// <summary>Appends a second, or requests.</summary>
    public int Rate { get; init; }

    /// <summary>Loads a second.</summary>
    public int Loads { get; init; }

    public int Seconds { get; init; } = 60;

    /// <summary>Seconds before those that count.</summary>
    public int WarmUp { get; init; } = 10;

    /// <summary>The most arrivals of each kind.</summary>
    public int Count { get; init; } = int.MaxValue;

    /// <summary>The most of a kind that are under way at a time.</summary>
    public int UnderWay { get; init; } = 256;

    public bool IsPoisson { get; init; } = true;

    public int Seed { get; init; } = 1;

    /// <summary>The largest store of the scenario <c>growth</c>.</summary>
    public int To { get; init; } = 1_000_000;

    /// <summary>A host that runs; null to start one.</summary>
    public Uri? Url { get; init; }

    /// <summary>What the host is shown; null for the one that a host in Development believes.</summary>
    public string? Token { get; init; }

    /// <summary>A file for what was found; null for none.</summary>
    public string? Out { get; init; }

    /// <summary>A file for the picture; null for none.</summary>
    public string? Svg { get; init; }

    /// <summary>Just to see that it runs.</summary>
    public bool IsDry { get; init; }

    /// <summary>The version of the projection, where this process is a host that another has started.</summary>
    public int Version { get; init; } = 1;

    public LoopOptions Loop => new()
    {
        WarmUp = TimeSpan.FromSeconds(WarmUp),
        Length = TimeSpan.FromSeconds(Seconds),
        MostArrivals = Count,
        MostUnderWay = UnderWay,
        IsPoisson = IsPoisson,
        Seed = Seed,
    };

    /// <summary>Puts what the command line says over these.</summary>
    /// <exception cref="FormatException">It says what is not known or out of range.</exception>
    public LoadOptions With(IReadOnlyList<string> args)
    {
        var options = this;
        for (var i = 0; i < args.Count; i++)
        {
            if (args[i] is "--dry" or "--start")
            {
                continue;
            }

            var (option, value) = (args[i], ++i < args.Count ? args[i] : throw new FormatException($"{args[i - 1]} needs a value."));
            options = option switch
            {
                "--events" => options with { Events = Number(value, 1_000, MostEvents) },
                "--streams" => options with { Streams = Number(value, 1, 10_000_000) },
                "--tenants" => options with { Tenants = Number(value, 1, 100_000) },
                "--rate" => options with { Rate = Number(value, 1, HighestRate) },
                "--loads" => options with { Loads = Number(value, 1, HighestRate) },
                "--seconds" => options with { Seconds = Number(value, 1, LongestRun) },
                "--warm-up" => options with { WarmUp = Number(value, 0, LongestRun) },
                "--count" => options with { Count = Number(value, 1, int.MaxValue) },
                "--under-way" => options with { UnderWay = Number(value, 1, 10_000) },
                "--seed" => options with { Seed = Number(value, 0, int.MaxValue) },
                "--arrivals" => options with { IsPoisson = value switch { "poisson" => true, "constant" => false, _ => throw new FormatException($"Arrivals are poisson or constant, not {value}.") } },
                "--to" => options with { To = Number(value, 10_000, MostEvents) },
                "--url" => options with { Url = Address(value) },
                "--token" => options with { Token = value },
                "--version" => options with { Version = Number(value, 1, int.MaxValue) },
                "--out" => options with { Out = value },
                "--svg" => options with { Svg = value },
                _ => throw new FormatException($"There is no option {option}."),
            };
        }

        return options.Url is not null && args.Contains("--start", StringComparer.Ordinal)
            ? throw new FormatException("--url and --start exclude each other.")
            : options;
    }

    private static Uri Address(string value) => Uri.TryCreate(value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
        ? url
        : throw new FormatException($"{value} is no http or https address.");

    private static int Number(string value, int least, int most) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"{value} is not a number from {least} to {most}."));
}
