using Monolith.EventSourcing;
using Monolith.LoadTest.Arrivals;
using Monolith.LoadTest.Reporting;
using Monolith.LoadTest.Stores;

namespace Monolith.LoadTest.Scenarios;

/// <summary>
/// Does a small tenant wait because of the large ones beside it in the pool? How much each asks for follows Zipf: with a thousand, ten of them ask for
/// four tenths of all.
/// </summary>
internal static class TenantsRun
{
    private const int LargeTenants = 10;

    public static async Task Run(Run run)
    {
        var options = run.Options;
        UnsoundException.Unless(options.Tenants > LargeTenants, $"It takes more than {LargeTenants} tenants.");
        await using var database = await LoadDatabase.Create(run.Server, options.Tenants);
        await run.Report.DescribeMachine(database.DataSource);
        var streams = Histories.NewStreams(Math.Max(options.Streams, options.Tenants), options.Tenants)
            .GroupBy(stream => stream.TenantId, StringComparer.Ordinal).Select(tenant => tenant.ToArray()).ToArray();
        var all = new Zipf(1, options.Tenants);
        var (large, small) = (new Zipf(1, LargeTenants), new Zipf(LargeTenants + 1, options.Tenants));
        var share = large.ShareOf(all);
        var acknowledged = 0L;
        var meters = await new OpenLoop(options.Loop).Run(
            run.Stop,
            Append("append, large tenants", share, large, 0),
            Append("append, small tenants", 1 - share, small, 1),
            Work.Load(database, options.Loads * share, Next(large, 2), "load, large tenants"),
            Work.Load(database, options.Loads * (1 - share), Next(small, 3), "load, small tenants"));
        await Work.CheckStored(database, before: 0, acknowledged, meters[0].Failed + meters[1].Failed);
        run.Report.Add($"{options.Tenants:N0} tenants with {streams.Sum(tenant => tenant.Length):N0} ledgers in the 8 shards of the pool, from an empty store; the {LargeTenants} largest ask for {share:P0} of all, for {options.Seconds} s.\n");
        run.Report.AddPercentiles(meters);
        run.Report.Result("large_append_p99_ms", meters[0].SinceDue.At(99));
        run.Report.Result("small_append_p99_ms", meters[1].SinceDue.At(99));
        run.Report.Result("large_load_p99_ms", meters[2].SinceDue.At(99));
        run.Report.Result("small_load_p99_ms", meters[3].SinceDue.At(99));

        Workload Append(string name, double part, Zipf zipf, int number) =>
            Work.Append(database, options.Rate * part, Next(zipf, number), (_, _, _) => Interlocked.Increment(ref acknowledged), name);

        Func<StreamId> Next(Zipf zipf, int number)
        {
            var random = new Random(options.Seed + number);
            return () =>
            {
                var tenant = streams[zipf.Next(random) - 1];
                return tenant[random.Next(tenant.Length)];
            };
        }
    }
}
