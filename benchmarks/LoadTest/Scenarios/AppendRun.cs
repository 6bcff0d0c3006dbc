using Monolith.LoadTest.Arrivals;
using Monolith.LoadTest.Stores;

namespace Monolith.LoadTest.Scenarios;

/// <summary>How long does an append take, for whoever asks for one at a moment of his own?</summary>
internal static class AppendRun
{
    public static async Task Run(Run run)
    {
        var options = run.Options;
        await using var database = await LoadDatabase.Create(run.Server, options.Tenants);
        await run.Report.DescribeMachine(database.DataSource);
        var streams = Histories.NewStreams(options.Streams, options.Tenants);
        var acknowledged = 0L;
        var append = Work.Append(database, options.Rate, Work.AnyOf(streams, options.Seed), (_, _, _) => Interlocked.Increment(ref acknowledged));
        var meter = (await new OpenLoop(options.Loop).Run(run.Stop, append))[0];
        await Work.CheckStored(database, before: 0, acknowledged, meter.Failed);
        run.Report.Add($"Appends of one event each, to {streams.Length:N0} ledgers of {options.Tenants:N0} tenants, for {options.Seconds} s.\n");
        run.Report.AddPercentiles([meter]);
        run.Report.Add($"{acknowledged:N0} were acknowledged, warm-up included, and are stored.");
        run.Report.Result("rate_done", meter.RateDone);
        run.Report.Result("p50_ms", meter.SinceDue.At(50));
        run.Report.Result("p99_ms", meter.SinceDue.At(99));
        run.Report.Result("failed", meter.Failed);
    }
}
