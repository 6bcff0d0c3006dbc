using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Monolith.Benchmarks.Gate;

/// <summary>
/// Measures every row of the table, one to several times over, and holds it against the committed baseline. BenchmarkDotNet is for digging into one question;
/// this is for saying whether a release is as fast as the last.
/// </summary>
internal static class ReleaseGate
{
    private const string BaselineFile = "benchmarks/baseline.json";
    private const string ReportFile = "benchmarks/results/release.md";
    private const int CouldNotRun = 2;

    public static async Task<int> Run(IReadOnlyList<string> args)
    {
        try
        {
            var options = GateOptions.Parse(args);
            var scenes = Scenes.All.Where(scene => options.Takes(scene.Name) && !(options.Dry && scene.IsVariant)).ToList();
            var baseline = Read(BaselineFile) is { } text ? Baseline.Parse(text) : null;
            if (scenes.Count == 0)
            {
                throw new FormatException($"No scene has {string.Join(" or ", options.Only)} in its name: {string.Join(", ", Scenes.All.Select(scene => scene.Name))}.");
            }

            if (baseline is null && options is { Approve: false, Dry: false, Only: [] })
            {
                throw new FormatException($"There is no {BaselineFile} to compare with: --approve writes one.");
            }

            Benchmark.Effort = options.Dry ? Effort.Dry : Effort.Full;
            return await Measure(options, scenes, baseline);
        }
        catch (Exception problem) when (problem is FormatException or JsonException)
        {
            await Console.Error.WriteLineAsync($"{problem.Message}\n{GateOptions.Usage}");
            return CouldNotRun;
        }
        catch (Exception problem)
        {
            await Console.Error.WriteLineAsync($"Could not run: {problem}");
            return CouldNotRun;
        }
    }

    private static async Task<int> Measure(GateOptions options, List<Scene> scenes, Baseline? baseline)
    {
        var machine = await Machine.Describe();
        Console.WriteLine(machine);
        var (played, timings, failed) = (new List<Measure>(), new List<Timing>(), new SortedSet<string>(StringComparer.Ordinal));
        for (var run = 1; run <= options.Runs; run++)
        {
            foreach (var scene in scenes)
            {
                if (await Play(run, scene, new(TimeSpan.FromSeconds(options.Seconds), options.Dry)) is { } found)
                {
                    played.AddRange(found.Measures);
                    timings.AddRange(found.Timings);
                }
                else
                {
                    failed.Add(scene.Name);
                }
            }
        }

        if (options.Dry)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{scenes.Count - failed.Count} of {scenes.Count} scenes have been played. A dry run measures nothing."));
        }
        else
        {
            var rounds = played.ToLookup(measure => measure.Row, measure => measure.Rounds);
            var outcomes = scenes.SelectMany(scene => scene.Rows).Where(rounds.Contains).Select(row => new Outcome(row, [.. rounds[row]])).ToList();
            var exitCode = await Conclude(options, outcomes, Medians(timings), baseline, machine);
            if (failed.Count == 0)
            {
                return exitCode;
            }
        }

        if (failed.Count > 0)
        {
            await Console.Error.WriteLineAsync($"Could not be measured: {string.Join(", ", failed)}.");
        }

        return failed.Count == 0 ? 0 : CouldNotRun;
    }

    // What the others have found is worth having although one of them fails.
    private static async Task<Played?> Play(int run, Scene scene, Pace pace)
    {
        var started = Stopwatch.GetTimestamp();
        Played? found = null;
        try
        {
            found = await scene.Play(pace);
            Tell(run, scene, found, Stopwatch.GetElapsedTime(started));
        }
        catch (Exception problem)
        {
            await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"run {run}: {scene.Name} failed: {problem}"));
        }

        await Benchmark.Settle();
        return found;
    }

    private static async Task<int> Conclude(GateOptions options, IReadOnlyList<Outcome> outcomes, IReadOnlyList<Timing> timings, Baseline? baseline, string machine)
    {
        var measured = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var report = new ReleaseReport(measured, machine, options.Runs, Judgement.Of(outcomes, baseline), timings, baseline);
        Console.WriteLine($"\n{report.ToMarkdown()}");
        // Some scenes alone are no report on a release.
        if (options.Only.Count == 0)
        {
            await Write(ReportFile, report.ToMarkdown());
        }

        if (options.Approve)
        {
            await Approve(Baseline.Approve(baseline, outcomes, measured, machine, options.Runs));
            return 0;
        }

        await Console.Error.WriteLineAsync(baseline is null ? $"There is no {BaselineFile} to compare with: --approve writes one." : report.FellBehind.Count == 0 ? "Nothing fell behind." : report.FellBehindTable());
        return report.ExitCode;
    }

    private static async Task Approve(Baseline approved)
    {
        await Write(BaselineFile, approved.ToText());
        foreach (var readme in ReadmeTable.Files)
        {
            await Write(readme, ReadmeTable.PutInto(Read(readme) ?? "", ReadmeTable.Of(approved, Scenes.Rows)));
        }
    }

    private static void Tell(int run, Scene scene, Played found, TimeSpan took)
    {
        foreach (var measure in found.Measures)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"run {run}: {measure.Row.Id} {measure.Row.Text(Outcome.Median(measure.Rounds))} ({measure.Row.Text(measure.Rounds.Min())} to {measure.Row.Text(measure.Rounds.Max())}, {measure.Rounds.Count} rounds) {measure.Row.GoalText}"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"run {run}: {scene.Name} took {took.TotalSeconds:F0} s"));
    }

    private static IReadOnlyList<Timing> Medians(IReadOnlyList<Timing> timings) =>
        [.. timings.GroupBy(timing => (timing.Scene, timing.Who)).Select(runs => new Timing(runs.Key.Scene, runs.Key.Who, Outcome.Median([.. runs.Select(run => run.Seconds)])))];

    private static string? Read(string file) => File.Exists(file) ? File.ReadAllText(file) : null;

    private static async Task Write(string file, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        await File.WriteAllTextAsync(file, text);
    }
}
