using System.Diagnostics;

namespace Monolith.Benchmarks.Gate;

/// <summary>
/// Competitors that take turns. A ratio is taken in each round, between turns that lie less than a second or two apart, so that what slows the machine down
/// for a while slows both; BenchmarkDotNet measures one after the other and minutes apart. In each round another begins.
/// </summary>
internal sealed class Contest(string scene, params IReadOnlyList<Competitor> competitors)
{
    private readonly Dictionary<string, List<double>> seconds = competitors.ToDictionary(one => one.Name, _ => new List<double>(), StringComparer.Ordinal);

    public IReadOnlyList<Timing> Timings => [.. seconds.Select(pair => new Timing(scene, pair.Key, Outcome.Median(pair.Value)))];

    public async Task<Contest> Play(Pace pace)
    {
        var work = new List<int>();
        foreach (var competitor in competitors)
        {
            work.Add(pace.IsDry ? competitor.Pieces : await WarmUp(competitor, pace.WarmUp));
        }

        var started = Stopwatch.GetTimestamp();
        for (var round = 0; round < pace.FewestRounds || (!pace.IsDry && Stopwatch.GetElapsedTime(started) < pace.Rounds); round++)
        {
            for (var turn = 0; turn < competitors.Count; turn++)
            {
                var at = (round + turn) % competitors.Count;
                var took = await Time(competitors[at], work[at]);
                seconds[competitors[at].Name].Add(took.TotalSeconds / work[at]);
            }
        }

        return this;
    }

    /// <summary>How many times as fast one is as the other, round by round.</summary>
    public IReadOnlyList<double> TimesAsFast(string one, string other) =>
        [.. seconds[other].Zip(seconds[one], (theirs, ours) => theirs / ours)];

    // The length of a turn that comes out in the end is kept: by then nothing is compiled any more and every connection is open.
    private static async Task<int> WarmUp(Competitor competitor, TimeSpan time)
    {
        var work = competitor.IsWhole ? competitor.Pieces : await Fit(competitor);
        var started = Stopwatch.GetTimestamp();
        do
        {
            await Time(competitor, work);
        }
        while (Stopwatch.GetElapsedTime(started) < time);
        return competitor.IsWhole ? work : await Fit(competitor);
    }

    private static async Task<int> Fit(Competitor competitor)
    {
        for (var work = competitor.Pieces; ; work *= 2)
        {
            var took = await Time(competitor, work);
            if (took * 4 >= competitor.Turn)
            {
                var fitting = (int)(work * (competitor.Turn / took));
                return Math.Max(1, fitting / competitor.Pieces) * competitor.Pieces;
            }
        }
    }

    private static async Task<TimeSpan> Time(Competitor competitor, int work)
    {
        competitor.Before();
        // What the one before has left is not this one's to collect.
        GC.Collect();
        var started = Stopwatch.GetTimestamp();
        await competitor.Work(work);
        var took = Stopwatch.GetElapsedTime(started);
        competitor.After();
        return took;
    }
}
