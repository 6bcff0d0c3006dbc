using System.Globalization;

namespace Monolith.Benchmarks.Gate;

/// <summary>A row that the load test answers, which runs its hosts in processes of their own.</summary>
internal sealed class LoadTestScene : Scene
{
    private readonly Row row;
    private readonly string scenario;
    private readonly string figure;
    private readonly Func<Pace, IReadOnlyList<int>> sizes;

    private LoadTestScene(Row row, string scenario, string figure, Func<Pace, IReadOnlyList<int>> sizes, bool isVariant = false) : base(scenario) =>
        (this.row, this.scenario, this.figure, this.sizes, IsVariant) = (row, scenario, figure, sizes, isVariant);

    public override IReadOnlyList<Row> Rows => [row];

    public static LoadTestScene Rebuild() => new(
        new("rebuild-memory", "rebuild of 1,000,000 events: memory of the host at most", "") { Goal = 300, Sense = Sense.AtMost, Unit = Unit.Megabytes, Held = Held.ToGoal },
        "rebuild", "peak_mb", pace => [pace.IsDry ? 20_000 : 1_000_000], isVariant: true);

    public static LoadTestScene Freshness() => new(
        new("freshness", "freshness at 500 events a second, p99", "clock") { Goal = 100, Sense = Sense.AtMost, Unit = Unit.Milliseconds, Held = Held.ToGoal },
        "freshness", "p99_ms", pace => pace.IsDry ? [200, 2, 1] : [500, 20, 5]);

    public override async Task<Played> Play(Pace pace)
    {
        string[] options = scenario == "rebuild" ? ["--events"] : ["--rate", "--seconds", "--warm-up"];
        var args = options.Zip(sizes(pace), (option, size) => new[] { option, size.ToString(CultureInfo.InvariantCulture) }).SelectMany(pair => pair);
        var result = await LoadTestProcess.Run([scenario, .. args]);
        return new([new(row, [result.Figure(figure)])], []);
    }
}
