using Monolith.LoadTest.Arrivals;
using Monolith.LoadTest.Reporting;
using Monolith.LoadTest.Stores;

namespace Monolith.LoadTest.Scenarios;

/// <summary>Does all of it hold for hours? Appends, loads, a projection and a subscriber beside each other, then everything is counted.</summary>
internal static class SoakRun
{
    private const double Megabyte = 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static async Task Run(Run run)
    {
        var (options, report) = (run.Options, run.Report);
        await using var database = await LoadDatabase.Create(run.Server, options.Tenants);
        await report.DescribeMachine(database.DataSource);
        var streams = Histories.NewStreams(options.Streams, options.Tenants);
        await using var runner = database.NewRunner();
        await runner.StartAsync(CancellationToken.None);
        await runner.WaitForAll(position: 0, Patience);
        var (freshness, times, feed) = (new FreshnessWatch(database), new Latencies(), new FeedWatch(database));
        freshness.Start();
        feed.Start();
        var acknowledged = 0L;
        var append = Work.Append(database, options.Rate, Work.AnyOf(streams, options.Seed), (arrival, stream, result) =>
        {
            Interlocked.Increment(ref acknowledged);
            freshness.Expect(arrival, stream, result.Version, times);
        });
        var load = Work.Load(database, options.Loads, Work.AnyOf(streams, options.Seed + 1));

        // The first seconds make the pools and the code; what counts is whether it grows from there.
        var first = await new OpenLoop(options.Loop with { Length = TimeSpan.FromSeconds(options.IsDry ? 1 : 30), WarmUp = TimeSpan.Zero }).Run(run.Stop, append, load);
        var atStart = Memory();
        var meters = await new OpenLoop(options.Loop).Run(run.Stop, append, load);
        await freshness.Finish();
        await feed.Finish();
        var atEnd = Memory();

        var stored = await database.Ask<long>("select count(*) from eventstore.events");
        await Work.CheckStored(database, before: 0, acknowledged, first[0].Failed + meters[0].Failed);
        await CatchUpRun.CheckViews(database);
        UnsoundException.Unless(
            feed.Lost == 0 && feed.Duplicated == 0 && feed.OutOfOrder == 0 && feed.Seen == stored,
            $"The subscriber saw {feed.Seen} of {stored} events: {feed.Lost} lost, {feed.Duplicated} duplicated, {feed.OutOfOrder} out of order.");

        report.Add($"Appends and loads of {streams.Length:N0} ledgers of {options.Tenants} tenants for {meters[0].Length.TotalSeconds:N0} s, with a projection and a subscriber of the feed in the same process.\n");
        report.AddPercentiles(meters);
        report.Add($"{acknowledged:N0} appends were acknowledged and {stored:N0} events are stored. The subscriber saw {feed.Seen:N0}: {feed.Lost} lost, {feed.Duplicated} duplicated, {feed.OutOfOrder} out of order. Every row of the read model shows all events of its ledger.");
        report.Add($"From when an append is due to the row that shows it: p50 {times.At(50):F1} ms, p99 {times.At(99):F1} ms, longest {times.At(100):F1} ms.\n");
        report.Add($"| Memory | after the first seconds | at the end |");
        report.Add($"|---|---|---|");
        report.Add($"| Objects that are alive | {atStart.Alive / Megabyte:F1} MB | {atEnd.Alive / Megabyte:F1} MB |");
        report.Add($"| Resident | {atStart.Resident / Megabyte:F0} MB | {atEnd.Resident / Megabyte:F0} MB |");
        report.Result("append_p99_ms", meters[0].SinceDue.At(99));
        report.Result("fresh_p99_ms", times.At(99));
        report.Result("lost", feed.Lost);
        report.Result("memory_growth_mb", (atEnd.Alive - atStart.Alive) / Megabyte);
    }

    private static (long Alive, long Resident) Memory() => (GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet);
}
