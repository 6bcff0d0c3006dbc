using Monolith.LoadTest.Arrivals;
using Monolith.LoadTest.Reporting;
using Monolith.LoadTest.Stores;

namespace Monolith.LoadTest.Scenarios;

/// <summary>What does it cost whoever loads that others append meanwhile?</summary>
internal static class ReadWhileWritingRun
{
    public static async Task Run(Run run)
    {
        var options = run.Options;
        await using var database = await LoadDatabase.Create(run.Server, options.Tenants);
        await run.Report.DescribeMachine(database.DataSource);
        var streams = await Filling.Fill(database, options.Events, options.Tenants, run.Stop);
        var loop = new OpenLoop(options.Loop);
        var before = await database.Ask<long>("select count(*) from eventstore.events");
        var alone = (await loop.Run(run.Stop, Work.Load(database, options.Loads, Work.AnyOf(streams, options.Seed), "load, alone")))[0];
        Report.Line($"now others append");
        var acknowledged = 0L;
        var beside = await loop.Run(
            run.Stop,
            Work.Load(database, options.Loads, Work.AnyOf(streams, options.Seed + 1), "load, while others append"),
            Work.Append(database, options.Rate, Work.AnyOf(streams, options.Seed + 2), (_, _, _) => Interlocked.Increment(ref acknowledged)));
        await Work.CheckStored(database, before, acknowledged, beside[1].Failed);
        run.Report.Add($"{before:N0} events of {streams.Count:N0} ledgers of {options.Tenants:N0} tenants are stored; any ledger is loaded, for {options.Seconds} s alone and for as long beside appends.\n");
        run.Report.AddPercentiles([alone, .. beside]);
        run.Report.Result("alone_p99_ms", alone.SinceDue.At(99));
        run.Report.Result("beside_p99_ms", beside[0].SinceDue.At(99));
        run.Report.Result("append_p99_ms", beside[1].SinceDue.At(99));
    }
}
