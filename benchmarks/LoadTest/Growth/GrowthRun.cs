using System.Diagnostics;
using Monolith.EventSourcing;
using Monolith.LoadTest.Reporting;
using Monolith.LoadTest.Scenarios;
using Monolith.LoadTest.Stores;

namespace Monolith.LoadTest.Growth;

/// <summary>
/// What does it cost that there is much in the store already? At each power of ten: filled by import, then loads of any ledger, catch-up and rebuild of a read
/// model, and appends to any ledger. What was appended is removed again, so that the next size is made of the same.
/// </summary>
internal sealed class GrowthRun(Run run, LoadDatabase database)
{
    private const int Smallest = 10_000;
    private const int LargestProjected = 1_000_000;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    private readonly List<StreamId> streams = [];
    private readonly List<GrowthPoint> points = [];
    private readonly GrowthProbe probe = new(database, run.Options.Seed, run.Options.IsDry);

    public static async Task Run(Run run)
    {
        await using var database = await LoadDatabase.Create(run.Server, run.Options.Tenants);
        await run.Report.DescribeMachine(database.DataSource);
        await new GrowthRun(run, database).Run();
    }

    private async Task Run()
    {
        try
        {
            for (var size = Math.Min(Smallest, run.Options.To); size <= run.Options.To; size = Next(size))
            {
                points.Add(await Measure(size));
            }
        }
        finally
        {
            if (points.Count > 0)
            {
                await new GrowthReport(points, run.Options.Tenants).Write(run.Report, run.Options.Svg);
            }
        }
    }

    // Powers of ten, and at the end what was asked for.
    private int Next(int size) => size == run.Options.To ? int.MaxValue : (int)Math.Min(size * 10L, run.Options.To);

    private async Task<GrowthPoint> Measure(int size)
    {
        Report.Line($"{size:N0} events");
        var added = Histories.NewStreams((size / Histories.EventsPerStream) - streams.Count, run.Options.Tenants);
        var import = await Filling.Import(database, added, run.Stop);
        streams.AddRange(added);
        await Filling.Settle(database);
        var events = (long)streams.Count * Histories.EventsPerStream;
        var bytes = await database.Ask<long>("select sum(pg_total_relation_size(relid))::bigint from pg_partition_tree('eventstore.events') where isleaf");
        var (load, pages) = await probe.Load(streams);
        Report.Line($"a load takes {load:N0} us");
        TimeSpan? catchUp = null, rebuild = null;
        double? rebuildEach = null;
        if (size <= LargestProjected)
        {
            catchUp = await CatchUpRun.CatchUp(database, events, run.Stop);
            Report.Line($"catch-up takes {catchUp.Value.TotalSeconds:F1} s");
            (rebuild, rebuildEach) = await Rebuild();
            Report.Line($"a rebuild takes {rebuild.Value.TotalSeconds:F1} s{(rebuildEach is { } each ? FormattableString.Invariant($", {each:F1} us an event while it takes them") : "")}");
        }

        var last = await database.Store.Feed.Refresh(run.Stop);
        var (lone, log) = await probe.Append(streams, writers: 1, run.Stop);
        Report.Line($"a lone append takes {lone.Append:N0} us, a bare INSERT {lone.Bare:N0} us");
        var (sixteen, _) = await probe.Append(streams, writers: 16, run.Stop);
        Report.Line($"of 16 writers' appends each takes {sixteen.Append:N0} us, a bare INSERT {sixteen.Bare:N0} us");
        if (size < run.Options.To)
        {
            await probe.Forget(last);
        }

        return new(events)
        {
            Streams = streams.Count,
            ImportRate = import.EventsPerSecond,
            BytesPerEvent = (double)bytes / events,
            Load = load,
            PagesRead = pages,
            LoneAppend = lone,
            SixteenAppends = sixteen,
            LogPerAppend = log,
            CatchUp = catchUp,
            Rebuild = rebuild,
            RebuildEach = rebuildEach,
        };
    }

    private async Task<(TimeSpan All, double? Each)> Rebuild()
    {
        await using var runner = database.NewRunner();
        await runner.StartAsync(CancellationToken.None);
        await runner.WaitForAll(await database.Store.Feed.Refresh(run.Stop), Patience, run.Stop);
        var started = Stopwatch.GetTimestamp();
        await database.Operations.Rebuild(LedgerViews.ProjectionName, run.Stop);
        (long Events, TimeSpan At) first = default, last = default;
        while (await database.Operations.Rebuilds(LedgerViews.ProjectionName) is [var rebuild])
        {
            var now = Stopwatch.GetElapsedTime(started);
            UnsoundException.Unless(now < Patience, "The rebuild does not come to its end.");
            if (rebuild.Events > last.Events)
            {
                last = (rebuild.Events, now);
                first = first.Events == 0 ? last : first;
            }

            await Task.Delay(Poll, run.Stop);
        }

        var all = Stopwatch.GetElapsedTime(started);
        await CatchUpRun.CheckViews(database);
        return (all, last.At - first.At > Second ? (last.At - first.At).TotalMicroseconds / (last.Events - first.Events) : null);
    }
}
