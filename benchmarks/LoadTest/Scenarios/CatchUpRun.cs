using System.Diagnostics;
using Monolith.LoadTest.Arrivals;
using Monolith.LoadTest.Reporting;
using Monolith.LoadTest.Stores;

namespace Monolith.LoadTest.Scenarios;

/// <summary>How fast does a new projection catch up with what is stored?</summary>
internal static class CatchUpRun
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public static async Task Run(Run run)
    {
        var options = run.Options;
        await using var database = await LoadDatabase.Create(run.Server, options.Tenants);
        await run.Report.DescribeMachine(database.DataSource);
        var streams = await Filling.Fill(database, options.Events, options.Tenants, run.Stop);
        var events = (long)streams.Count * Histories.EventsPerStream;
        var elapsed = await CatchUp(database, events, run.Stop);
        var rate = events / elapsed.TotalSeconds;
        run.Report.Add($"{events:N0} events of {streams.Count:N0} ledgers of {options.Tenants:N0} tenants, folded into Marten documents by one host, in {elapsed.TotalSeconds:F1} s: {rate:N0} events a second.");
        run.Report.Add($"Every ledger has its row, and every row all of its events.");
        run.Report.Result("events_per_second", rate);
    }

    /// <summary>Lets the projection begin anew, without a row or a checkpoint, and take everything.</summary>
    public static async Task<TimeSpan> CatchUp(LoadDatabase database, long events, CancellationToken stop)
    {
        await database.Execute("delete from eventstore.projection_checkpoints");
        await database.Execute("truncate public.mt_doc_ledgerview");
        var last = await database.Store.Feed.Refresh(stop);
        var started = Stopwatch.GetTimestamp();
        TimeSpan elapsed;
        await using (var runner = database.NewRunner())
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var telling = Ticker.Every(
                Second, TimeProvider.System, () => Report.Line($"some {runner.Statuses.Sum(shard => shard.LagEvents):N0} of {events:N0} events to go"), ended.Token);
            await runner.StartAsync(CancellationToken.None);
            await runner.WaitForAll(last, TimeSpan.FromHours(1), stop);
            elapsed = Stopwatch.GetElapsedTime(started);
            await ended.CancelAsync();
            await telling;
        }

        await CheckViews(database);
        UnsoundException.Unless(await database.Ask<long>("select sum(events)::bigint from eventstore.projection_checkpoints") == events, $"The projection did not take {events} events.");
        return elapsed;
    }

    /// <summary>Every stream has its row, and every row all events of its stream.</summary>
    public static async Task CheckViews(LoadDatabase database)
    {
        var wrong = await database.Ask<long>(
            """
            select count(*)
            from (select tenant_id, aggregate_id, count(*) as events from eventstore.events group by tenant_id, aggregate_id) stream
            full join public.mt_doc_ledgerview view on view.tenant_id = stream.tenant_id and view.id = stream.aggregate_id
            where stream.events is distinct from (view.data ->> 'Movements')::bigint
            """);
        UnsoundException.Unless(wrong == 0, $"{wrong} rows of the read model do not show what is stored.");
    }
}
