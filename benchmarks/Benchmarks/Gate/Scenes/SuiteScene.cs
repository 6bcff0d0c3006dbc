namespace Monolith.Benchmarks.Gate;

/// <summary>A row and the two whose times make it: how many times as fast the first is as the second.</summary>
internal sealed record Pairing(Row Row, string One, string Other);

/// <summary>The competitors of a suite, and what is asked of pairs of them.</summary>
internal sealed class SuiteScene : Scene
{
    private readonly IReadOnlyList<Pairing> pairings;
    private readonly Func<Task<(IReadOnlyList<Competitor> Competitors, Func<Task> Cleanup)>> setup;

    public SuiteScene(
        string name, IReadOnlyList<Pairing> pairings, Func<Task<(IReadOnlyList<Competitor> Competitors, Func<Task> Cleanup)>> setup, bool isVariant = false) : base(name)
    {
        (this.pairings, this.setup, IsVariant) = (pairings, setup, isVariant);
        Rows = [.. pairings.Select(pairing => pairing.Row)];
    }

    public override IReadOnlyList<Row> Rows { get; }

    public override async Task<Played> Play(Pace pace)
    {
        var (competitors, cleanup) = await setup();
        var contest = await new Contest(Name, competitors).Play(pace);
        await cleanup();
        return new([.. pairings.Select(pairing => new Measure(pairing.Row, contest.TimesAsFast(pairing.One, pairing.Other)))], contest.Timings);
    }
}
