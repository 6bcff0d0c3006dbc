namespace Monolith.Benchmarks.Tests;

public class ContestTests
{
    private readonly List<string> turns = [];

    [Fact]
    public async Task A_dry_round_gives_each_competitor_one_turn_of_the_least_work()
    {
        var contest = await new Contest("scene", Taking("ours") with { Pieces = 4 }, Taking("theirs")).Play(new(TimeSpan.FromSeconds(1), IsDry: true));

        Assert.Equal(["ours 4", "theirs 1"], turns);
        Assert.Single(contest.TimesAsFast("ours", "theirs"));
    }

    [Fact]
    public async Task In_each_round_another_competitor_begins()
    {
        await new Contest("scene", Whole("a"), Whole("b"), Whole("c")).Play(new(TimeSpan.Zero, IsDry: false));

        // Each once to warm up, then the fewest rounds there are.
        Assert.Equal("abc abc bca cab abc bca", string.Join(' ', turns.Chunk(3).Select(round => string.Concat(round))));
    }

    [Fact]
    public async Task What_goes_before_and_comes_after_a_turn_surrounds_its_work()
    {
        var competitor = Whole("work") with { Before = () => turns.Add("before"), After = () => turns.Add("after") };

        await new Contest("scene", competitor).Play(new(TimeSpan.Zero, IsDry: true));

        Assert.Equal(["before", "work", "after"], turns);
    }

    [Fact]
    public async Task The_work_of_a_turn_is_never_less_than_the_least()
    {
        await new Contest("scene", Taking("ours") with { Pieces = 3, Turn = TimeSpan.Zero }).Play(new(TimeSpan.Zero, IsDry: false));

        // Three turns to warm up, and the fewest rounds there are.
        Assert.Equal(Enumerable.Repeat("ours 3", 8), turns);
    }

    private Competitor Taking(string name) => new(name, pieces =>
    {
        turns.Add($"{name} {pieces}");
        return Task.CompletedTask;
    });

    private Competitor Whole(string name) => Competitor.Whole(name, pieces: 1, () =>
    {
        turns.Add(name);
        return Task.CompletedTask;
    });
}
