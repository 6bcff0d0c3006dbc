using Monolith.LoadTest.Growth;
using Monolith.LoadTest.Reporting;
using Monolith.LoadTest.Scenarios;
using Monolith.LoadTest.Stores;

namespace Monolith.LoadTest;

/// <summary>What a run of a scenario has to hand.</summary>
/// <param name="Options">What is asked for.</param>
/// <param name="Server">Where databases are made.</param>
/// <param name="Report">Where it says what it has found.</param>
/// <param name="Stop">Fires when somebody has had enough: what was found by then is told.</param>
internal sealed record Run(LoadOptions Options, LoadServer Server, Report Report, CancellationToken Stop);

/// <summary>One question.</summary>
/// <param name="Name">By which the command line asks for it.</param>
/// <param name="Title">The title of its report.</param>
/// <param name="Takes">The options that it looks at, beside those of all.</param>
/// <param name="Defaults">What it takes by itself.</param>
/// <param name="Dry">What is enough to see that it runs.</param>
/// <param name="Start">Runs it.</param>
internal sealed record Scenario(string Name, string Title, string Takes, LoadOptions Defaults, LoadOptions Dry, Func<Run, Task> Start)
{
    private static readonly LoadOptions Tiny = new() { Events = 2_000, Streams = 40, Rate = 200, Loads = 200, Seconds = 1, WarmUp = 0, IsDry = true };

    public static IReadOnlyList<Scenario> All { get; } =
    [
        new(
            "append", "Appends at a rate", "--rate --streams --tenants", new() { Rate = 2_000 }, Tiny, AppendRun.Run),
        new(
            "read-while-writing", "Loads while others append", "--rate --loads --events --tenants",
            new() { Rate = 500, Loads = 1_000, Events = 500_000, Seconds = 30 }, Tiny, ReadWhileWritingRun.Run),
        new(
            "catch-up", "Catch-up of a new projection", "--events --tenants", new() { Events = 1_000_000 }, Tiny, CatchUpRun.Run),
        new(
            "rebuild-under-load", "Appends while a read model is rebuilt", "--rate --events --tenants --seconds (before and after)",
            new() { Rate = 300, Events = 500_000, Seconds = 20 }, Tiny, RebuildUnderLoadRun.Run),
        new(
            "tenants", "Many tenants in one pool", "--rate --loads --tenants --streams", new() { Rate = 500, Loads = 500, Tenants = 1_000, Streams = 20_000 },
            Tiny with { Tenants = 40 }, TenantsRun.Run),
        new(
            "freshness", "Freshness of a read model", "--rate --streams --tenants", new() { Rate = 500 }, Tiny with { Seconds = 2, WarmUp = 1 }, FreshnessRun.Run),
        new(
            "rebuild", "Rebuild of a read model", "--events --tenants", new() { Events = 1_000_000 }, Tiny with { Events = 20_000 }, RebuildRun.Run),
        new(
            "soak", "Soak", "--rate --loads --streams --tenants", new() { Rate = 200, Loads = 200, Streams = 5_000, Seconds = 3_600 }, Tiny with { Seconds = 2 }, SoakRun.Run),
        new(
            "commands", "Commands and queries over HTTP", "--rate --streams (accounts) --url --token --start", new() { Rate = 200, Streams = 200 },
            Tiny with { Rate = 50, Streams = 10 }, CommandsRun.Run),
        new(
            "growth", "Cost of growth", "--to --tenants --svg", new(), Tiny with { To = 20_000 }, GrowthRun.Run),
    ];
}
