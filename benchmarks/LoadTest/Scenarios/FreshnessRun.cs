using Monolith.LoadTest.Arrivals;
using Monolith.LoadTest.Hosts;
using Monolith.LoadTest.Reporting;
using Monolith.LoadTest.Stores;

namespace Monolith.LoadTest.Scenarios;

/// <summary>
/// How long is it from when an append is due until a query finds its event in the read model? Once the host that appends projects as well, once
/// another process does.
/// </summary>
internal sealed class FreshnessRun(Run run, LoadDatabase database)
{
    private const double Goal = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly List<Meter> meters = [];
    private double worst;

    public static async Task Run(Run run)
    {
        await using var database = await LoadDatabase.Create(run.Server, run.Options.Tenants);
        await run.Report.DescribeMachine(database.DataSource);
        await new FreshnessRun(run, database).Run();
    }

    private async Task Run()
    {
        var (options, report) = (run.Options, run.Report);
        report.Add($"{options.Rate:N0} appends of one event a second for {options.Seconds} s, to {options.Streams:N0} ledgers of {options.Tenants} tenants; from when an append is due to the Marten document that a query finds.\n");
        report.Add($"| Projected by | Events | p50 | p90 | p99 | p99.9 | p99.99 | longest | p99 under {Goal} ms |");
        report.Add($"|---|---|---|---|---|---|---|---|---|");
        await using (var runner = database.NewRunner())
        {
            await runner.StartAsync(CancellationToken.None);
            await runner.WaitForAll(position: 0, Patience);
            await Measure("the host that appends");
        }

        if (!run.Stop.IsCancellationRequested)
        {
            await using var host = HostProcess.Start(database.ConnectionString, version: 1);
            await host.CaughtUp.WaitAsync(Patience);
            await Measure("another host");
        }

        report.Add($"");
        report.AddPercentiles(meters);
        report.Result("p99_ms", worst);
    }

    private async Task Measure(string by)
    {
        var streams = Histories.NewStreams(run.Options.Streams, run.Options.Tenants);
        var times = new Latencies();
        var watch = new FreshnessWatch(database);
        watch.Start();
        var append = Work.Append(
            database, run.Options.Rate, Work.AnyOf(streams, run.Options.Seed), (arrival, stream, result) => watch.Expect(arrival, stream, result.Version, times), $"append, projected by {by}");
        var meter = (await new OpenLoop(run.Options.Loop).Run(run.Stop, append))[0];
        await watch.Finish();
        UnsoundException.Unless(times.Count == meter.Done, $"{times.Count} events were seen in the read model, and {meter.Done} were appended.");
        meters.Add(meter);
        worst = Math.Max(worst, times.At(99));
        run.Report.Add($"| {by} | {times.Count:N0} | {PercentileTable.Row(times)} | {(times.At(99) < Goal ? "met" : "missed")} |");
    }
}
