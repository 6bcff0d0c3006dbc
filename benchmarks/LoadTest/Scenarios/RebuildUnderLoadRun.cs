using System.Diagnostics;
using Monolith.EventSourcing;
using Monolith.LoadTest.Arrivals;
using Monolith.LoadTest.Reporting;
using Monolith.LoadTest.Stores;

namespace Monolith.LoadTest.Scenarios;

/// <summary>What does a rebuild cost those who append meanwhile, and those who read the old rows? The host that appends rebuilds, too.</summary>
internal sealed class RebuildUnderLoadRun(Run run, LoadDatabase database, IReadOnlyList<StreamId> streams)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    private readonly FreshnessWatch watch = new(database);
    private readonly List<(Meter Append, Latencies Freshness)> phases = [];
    private long acknowledged;

    public static async Task Run(Run run)
    {
        await using var database = await LoadDatabase.Create(run.Server, run.Options.Tenants);
        await run.Report.DescribeMachine(database.DataSource);
        var streams = await Filling.Fill(database, run.Options.Events, run.Options.Tenants, run.Stop);
        await new RebuildUnderLoadRun(run, database, streams).Run();
    }

    private async Task Run()
    {
        var events = await database.Ask<long>("select count(*) from eventstore.events");
        await using (var runner = database.NewRunner())
        {
            await runner.StartAsync(CancellationToken.None);
            Report.Line($"projecting {events:N0} events for the first time");
            await runner.WaitForAll(await database.Store.Feed.Refresh(run.Stop), Patience, run.Stop);
            watch.Start();
            await Append("before", run.Stop);
            var rebuilding = await Rebuild();
            await Append("after", run.Stop);
            await watch.Finish();
            await Check(events);
            Tell(events, rebuilding);
        }
    }

    private async Task<TimeSpan> Rebuild()
    {
        using var rebuilt = CancellationTokenSource.CreateLinkedTokenSource(run.Stop);
        var started = Stopwatch.GetTimestamp();
        await database.Operations.Rebuild(LedgerViews.ProjectionName, run.Stop);
        var appending = Append("during", rebuilt.Token);
        while (await database.Operations.Rebuilds(LedgerViews.ProjectionName) is [var rebuild] && !run.Stop.IsCancellationRequested)
        {
            UnsoundException.Unless(Stopwatch.GetElapsedTime(started) < Patience, $"The rebuild does not come to its end: {rebuild.Events} of {rebuild.EventsTotal} events.");
            await Task.Delay(Poll);
        }

        var elapsed = Stopwatch.GetElapsedTime(started);
        await rebuilt.CancelAsync();
        await appending;
        return elapsed;
    }

    // During the rebuild appends arrive for as long as it takes, and none of them is a warm-up.
    private async Task Append(string phase, CancellationToken stop)
    {
        Report.Line($"{phase} the rebuild");
        var freshness = new Latencies();
        var loop = phase == "during" ? run.Options.Loop with { Length = Patience, WarmUp = TimeSpan.Zero } : run.Options.Loop;
        var append = Work.Append(database, run.Options.Rate, Work.AnyOf(streams, run.Options.Seed + phases.Count), (arrival, stream, result) =>
        {
            Interlocked.Increment(ref acknowledged);
            watch.Expect(arrival, stream, result.Version, freshness);
        }, "append, " + phase);
        phases.Add(((await new OpenLoop(loop).Run(stop, append))[0], freshness));
    }

    private async Task Check(long events)
    {
        await Work.CheckStored(database, events, acknowledged, phases.Sum(phase => phase.Append.Failed));
        await CatchUpRun.CheckViews(database);
    }

    private void Tell(long events, TimeSpan rebuilding)
    {
        var report = run.Report;
        report.Add($"{events:N0} events of {streams.Count:N0} ledgers of {run.Options.Tenants} tenants are rebuilt in {rebuilding.TotalSeconds:F1} s ({events / rebuilding.TotalSeconds:N0} events a second), while {run.Options.Rate:N0} appends a second arrive; one host does both.\n");
        report.AddPercentiles([.. phases.Select(phase => phase.Append)]);
        report.Add($"From when an append is due to the row that shows it (the old rows during the rebuild, until the new ones take their place):\n");
        report.Add($"| | Events | p50 | p90 | p99 | p99.9 | p99.99 | longest |");
        report.Add($"|---|---|---|---|---|---|---|---|");
        foreach (var (append, freshness) in phases)
        {
            report.Add($"| {append.Name[8..]} | {freshness.Count:N0} | {PercentileTable.Row(freshness)} |");
            report.Result($"{append.Name[8..]}_append_p99_ms", append.SinceDue.At(99));
            report.Result($"{append.Name[8..]}_fresh_p99_ms", freshness.At(99));
        }

        report.Add($"\nAll appends are stored, and every row shows all events of its ledger.");
        report.Result("rebuild_events_per_second", events / rebuilding.TotalSeconds);
    }
}
