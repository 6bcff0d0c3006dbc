namespace Monolith.Benchmarks.Gate;

/// <summary>Everything that a release is measured by, in the order of the table.</summary>
internal static partial class Scenes
{
    private const string Monolith = "Monolith";
    private const string Marten = "Marten";

    public static IReadOnlyList<Scene> All { get; } =
    [
        new AppendScene(1, insertGoal: 0.85, martenGoal: 1.3, "the look-up of the stream, the tenant and the client beside the INSERT"),
        new AppendScene(4, insertGoal: null, martenGoal: null) { IsVariant = true },
        new AppendScene(16, insertGoal: 2, martenGoal: 3, "the processor, which server and writers share"),
        new AppendScene(64, insertGoal: 3, martenGoal: 5, "the processor, which server and writers share") { IsVariant = true },
        new AppendScene(256, insertGoal: 5, martenGoal: 8, "the processor, which server and writers share") { IsVariant = true },
        Observed(writers: 1),
        Observed(writers: 16),
        Batches(writers: 1, goal: 1.7),
        Batches(writers: 16, goal: 3),
        LoadOfLong(),
        LoadByLength(),
        LoadOfPast(),
        Commands(callers: 1),
        Commands(callers: 16),
        CatchUp(),
        IntoTable(),
        Rebuilds(),
        Feed(),
        Partitions(),
        ManyTenants(),
        Json(),
        new WalScene(),
        new AllocationScene(),
        LoadTestScene.Rebuild(),
        LoadTestScene.Freshness(),
    ];

    public static IReadOnlyList<Row> Rows { get; } = [.. All.SelectMany(scene => scene.Rows)];
}
