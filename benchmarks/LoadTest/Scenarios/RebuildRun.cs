using System.Diagnostics;
using Monolith.LoadTest.Hosts;
using Monolith.LoadTest.Reporting;
using Monolith.LoadTest.Stores;

namespace Monolith.LoadTest.Scenarios;

/// <summary>
/// Rebuilds the read model of many events twice, each time because the projection has a new version: once undisturbed, and once with <c>kill -9</c>
/// of the host in the middle. The host is a process of its own. All the time a reader looks at the whole read model.
/// </summary>
internal sealed class RebuildRun(Run run, LoadDatabase database, int streams)
{
    private const long Goal = 300 * 1024 * 1024;
    private const double Megabyte = 1024 * 1024;
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly int events = streams * Histories.EventsPerStream;

    public static async Task Run(Run run)
    {
        await using var database = await LoadDatabase.Create(run.Server, run.Options.Tenants);
        await run.Report.DescribeMachine(database.DataSource);
        var streams = await Filling.Fill(database, run.Options.Events, run.Options.Tenants, run.Stop);
        await new RebuildRun(run, database, streams.Count).Run();
    }

    private async Task Run()
    {
        var report = run.Report;
        await ProjectForTheFirstTime();
        var reader = new ViewReader(database.DataSource, streams);
        await reader.Look();
        reader.Start();
        var undisturbed = await Rebuild(version: 2, reader, killAt: null);
        var killed = await Rebuild(version: 3, reader, killAt: events / 2);
        await reader.Stop();

        report.Add($"{events:N0} events of {streams:N0} ledgers of {run.Options.Tenants} tenants, folded into Marten documents by one host, begun by a new version of the projection.\n");
        report.Add($"| | Undisturbed | Killed and resumed |");
        report.Add($"|---|---|---|");
        report.Add($"| Time | {undisturbed.Elapsed.TotalSeconds:F1} s | {killed.Elapsed.TotalSeconds:F1} s |");
        report.Add($"| Events a second, start of the host and swap of the tables included | {undisturbed.Rate:N0} | {killed.Rate:N0} |");
        report.Add($"| Memory of the host at a quarter | {undisturbed.AtQuarter / Megabyte:F0} MB | {killed.AtQuarter / Megabyte:F0} MB |");
        report.Add($"| at the end | {undisturbed.AtEnd / Megabyte:F0} MB | {killed.AtEnd / Megabyte:F0} MB |");
        report.Add($"| at most (goal: under 300 MB) | {undisturbed.Peak / Megabyte:F0} MB | {killed.Peak / Megabyte:F0} MB |");
        report.Add($"| Events done at `kill -9`; found by the next host | | {killed.DoneAtKill:N0}; {killed.FoundAfterKill:N0} |");
        report.Add($"| Events taken in all | {undisturbed.Taken:N0} | {killed.Taken:N0} |");
        report.Add($"");
        report.Add($"A reader read the whole read model {reader.Reads:N0} times meanwhile, the longest in {reader.Longest.TotalMilliseconds:F0} ms, and saw it whole and of one generation each time.");
        report.Result("peak_mb", Math.Max(undisturbed.Peak, killed.Peak) / Megabyte);
        report.Result("events_per_second", undisturbed.Rate);
        report.Add($"Goal of memory {(Math.Max(undisturbed.Peak, killed.Peak) < Goal ? "met" : "missed")}.");
    }

    private async Task ProjectForTheFirstTime()
    {
        Report.Line($"projecting {events:N0} events for the first time");
        await using var host = HostProcess.Start(database.ConnectionString, version: 1);
        await host.CaughtUp.WaitAsync(Patience, run.Stop);
    }

    private async Task<Outcome> Rebuild(int version, ViewReader reader, long? killAt)
    {
        var outcome = new Outcome(events);
        var started = Stopwatch.GetTimestamp();
        var host = HostProcess.Start(database.ConnectionString, version);
        try
        {
            for (var said = started; reader.Generation < version;)
            {
                UnsoundException.Unless(!reader.Wrong.IsCompleted, reader.Wrong.Exception?.InnerException?.Message ?? "The reader has ended.");
                UnsoundException.Unless(Stopwatch.GetElapsedTime(started) < Patience, "The rebuild does not come to its end.");
                var rebuilds = await database.Operations.Rebuilds(LedgerViews.ProjectionName);
                var done = rebuilds.Count == 0 ? 0 : rebuilds[0].Events;
                outcome.Saw(done, host.Memory);
                if (killAt is { } at && done >= at)
                {
                    await host.Kill();
                    outcome.DoneAtKill = (await database.Operations.Rebuilds(LedgerViews.ProjectionName))[0].Events;
                    Report.Line($"kill -9 at {outcome.DoneAtKill:N0} events");
                    await host.DisposeAsync();
                    host = HostProcess.Start(database.ConnectionString, version);
                    outcome.FoundAfterKill = (await database.Operations.Rebuilds(LedgerViews.ProjectionName))[0].Events;
                    killAt = null;
                }

                if (Stopwatch.GetElapsedTime(said) > Second && rebuilds.Count > 0)
                {
                    said = Stopwatch.GetTimestamp();
                    Report.Line(
                        $"version {version}: {done:N0} of {events:N0} events, {rebuilds[0].Rate:N0}/s, {rebuilds[0].TimeLeft?.TotalSeconds ?? 0:F0} s left, host {host.Memory / Megabyte:F0} MB, {reader.Reads:N0} reads of generation {reader.Generation}");
                }

                await Task.Delay(TimeSpan.FromMilliseconds(20), run.Stop);
            }

            outcome.Elapsed = Stopwatch.GetElapsedTime(started);
            outcome.AtEnd = host.Memory;
            UnsoundException.Unless(killAt is null, "The rebuild was done before its host could be killed.");
        }
        finally
        {
            await host.DisposeAsync();
        }

        outcome.Taken = await database.Ask<long>("select sum(events)::bigint from eventstore.projection_checkpoints");
        UnsoundException.Unless(outcome.Taken == events, $"The rebuild took {outcome.Taken} events instead of {events}.");
        Report.Line($"version {version}: done in {outcome.Elapsed.TotalSeconds:F1} s");
        return outcome;
    }

    private sealed class Outcome(int events)
    {
        public TimeSpan Elapsed { get; set; }

        public double Rate => events / Elapsed.TotalSeconds;

        public long AtQuarter { get; private set; }

        public long AtEnd { get; set; }

        public long Peak { get; private set; }

        public long DoneAtKill { get; set; }

        public long FoundAfterKill { get; set; }

        public long Taken { get; set; }

        public void Saw(long done, long memory)
        {
            Peak = Math.Max(Peak, memory);
            AtQuarter = AtQuarter == 0 && done >= events / 4 ? memory : AtQuarter;
        }
    }
}
