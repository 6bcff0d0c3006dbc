using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.EventStore.Projections;
using Npgsql;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>Whoever runs a rebuild sees how far it is, can let it rest or give it up midway, and is not surprised by a full disk.</summary>
public abstract class RebuildProgressConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact, Behaviour(37)]
    public async Task How_far_a_rebuild_is_stands_in_the_status_in_metrics_and_in_one_line_of_the_log()
    {
        await using var hosts = await NewHosts();
        using var metrics = new StoreMetrics();
        using var logs = new CollectedLogs { From = LogLevel.Information };
        using var held = new ManualResetEventSlim(true);
        var views = new TallyViews { Fails = _ => !held.Wait(ProjectionHosts.Patience, Ct) };
        var options = ProjectionHosts.Quick;
        options.RebuildReports = TimeSpan.FromHours(1);
        options.MaxBatchEvents = 1;
        var host = await hosts.Start(new() { Options = options, Metrics = metrics, Loggers = logs }, views);
        var streams = await Fill(hosts);
        await hosts.CaughtUp(host.Runner);
        Assert.Empty(host.Runner.Rebuilds);

        held.Reset();
        var operations = hosts.Operations(views);
        await operations.Rebuild("tests.tallies", Ct);
        await hosts.Until(() => host.Runner.Rebuilds.Count == 1, "the host says so");
        Assert.Equal(("tests.tallies", 3, 60L), (host.Runner.Rebuilds[0].Projection, host.Runner.Rebuilds[0].Shards, host.Runner.Rebuilds[0].EventsTotal));
        Assert.Equal(host.Runner.Rebuilds[0].Events, Measured(metrics)["monolith.projection.rebuild.events"]);
        Assert.Equal(60, Measured(metrics)["monolith.projection.rebuild.size"]);
        Assert.True(Measured(metrics).ContainsKey("monolith.projection.rebuild.rate"));

        await hosts.Until(() => logs.Lines.Any(IsProgress), "the log says so");
        held.Set();
        await hosts.Rebuilt();
        await hosts.Until(() => host.Runner.Rebuilds.Count == 0, "it is over");
        Assert.DoesNotContain("monolith.projection.rebuild.events", Measured(metrics).Keys);
        Assert.Single(logs.Lines, IsProgress);
        Assert.NotNull(await hosts.View<TallyView>(streams[0]));

        static bool IsProgress(string line) =>
            line.StartsWith("The rebuild of the projection tests.tallies has taken ", StringComparison.Ordinal) && line.Contains(" of 60 events", StringComparison.Ordinal);
    }

    [Fact, Behaviour(37)]
    public async Task A_rebuild_that_is_paused_midway_keeps_what_it_has_and_goes_on_from_there()
    {
        await using var hosts = await NewHosts();
        var (host, operations, rebuild) = await Midway(hosts);

        // Nothing can be stored between the word and its effect.
        Assert.True(await operations.PauseRebuild("tests.tallies", Ct));
        await using (var beside = await hosts.Store.Connect(Ct))
        {
            await using var transaction = await beside.BeginTransactionAsync(Ct);
            await using var locking = new NpgsqlCommand("lock table views_shadow in share mode", beside);
            await locking.ExecuteNonQueryAsync(Ct);
            rebuild.LetGo();
            await hosts.Until(() => !host.Statuses.Any(status => status.IsRebuild), "it rests");
        }

        var resting = Assert.Single(await operations.Rebuilds(ct: Ct));
        Assert.Equal((true, 0d, null), (resting.IsPaused, resting.Rate, resting.TimeLeft));
        Assert.InRange(resting.Events, 1, 59);

        // Whoever appends meanwhile sees it in the live rows.
        var stream = NewTally();
        await hosts.Count(stream, 1);
        await hosts.CaughtUp(host);
        Assert.Equal(resting.Events, (await operations.Rebuilds(ct: Ct))[0].Events);
        Assert.Equal(1, (await hosts.View<TallyView>(stream))!.Sum);
        var live = await hosts.AllViews();

        Assert.True(await operations.ResumeRebuild("tests.tallies", Ct));
        await hosts.Rebuilt();
        Assert.Equal(live, await hosts.AllViews());
        Assert.Equal([61L], await hosts.Query<long>("select sum(events)::bigint from eventstore.projection_checkpoints"));
    }

    [Fact, Behaviour(37)]
    public async Task A_rebuild_that_is_cancelled_midway_leaves_the_live_rows_as_they_are_and_nothing_behind()
    {
        await using var hosts = await NewHosts();
        var (host, operations, rebuild) = await Midway(hosts);
        var live = await hosts.AllViews();

        Assert.True(await operations.CancelRebuild("tests.tallies", Ct));
        rebuild.LetGo();
        await hosts.Until(() => !host.Statuses.Any(status => status.IsRebuild), "it has ended");

        Assert.Equal(live, await hosts.AllViews());
        Assert.Equal([0L], await hosts.Query<long>("select count(*) from views_shadow"));
        Assert.Empty(await operations.Rebuilds(ct: Ct));
        var stream = NewTally();
        await hosts.Count(stream, 1);
        await hosts.CaughtUp(host);
    }

    [Fact, Behaviour(37)]
    public async Task A_rebuild_that_would_take_more_disk_than_is_allowed_does_not_begin()
    {
        await using var hosts = await NewHosts();
        Projection[] projections = [new NumberTable(), new TallyViews()];
        var runner = await hosts.Run(projections);
        await Fill(hosts);
        await hosts.CaughtUp(runner);
        await runner.StopAsync(Ct);
        var size = (await hosts.Query<long>("select pg_total_relation_size('tests.numbers')"))[0];

        var refused = await Assert.ThrowsAsync<RebuildDiskException>(() => Limited(size - 1).Rebuild("tests.numbers", Ct));
        Assert.Equal(("rebuild_disk_short", size, size - 1, false), (refused.Code, refused.Needed, refused.Available, refused.IsTransient));
        await Assert.ThrowsAsync<RebuildDiskException>(() => Limited(size - 1).RebuildTenant("tests.numbers", Acme, Ct));
        Assert.Empty(await Limited(0).Rebuilds(ct: Ct));

        // What another rebuild takes is not there any more.
        await Limited(size).Rebuild("tests.numbers", Ct);
        refused = await Assert.ThrowsAsync<RebuildDiskException>(() => Limited(size + 1).Rebuild("tests.tallies", Ct));
        Assert.Equal(1, refused.Available);

        ProjectionOperations Limited(long limit) => hosts.Operations(new ProjectionOptions { RebuildDiskLimit = limit }, projections);
    }

    [Fact, Behaviour(37)]
    public async Task A_raised_version_for_which_there_is_no_disk_leaves_the_old_rows_and_is_told_once()
    {
        await using var hosts = await NewHosts();
        await Fill(hosts);
        var first = await hosts.Run(new TallyViews());
        await hosts.CaughtUp(first);
        var live = await hosts.AllViews();
        await first.StopAsync(Ct);

        using var logs = new CollectedLogs();
        var options = ProjectionHosts.Quick;
        options.RebuildDiskLimit = 1;
        var host = await hosts.Start(new() { Options = options, Loggers = logs }, new TallyViews(version: 2), new NumberTable());
        await hosts.Until(() => logs.Warnings.Count > 0, "it says so");
        await host.Runner.WaitFor("tests.numbers", Acme, await hosts.Store.Store.Feed.Refresh(Ct), ProjectionHosts.Patience, Ct);
        Assert.Contains("is not rebuilt to version 2 yet", Assert.Single(logs.Warnings), StringComparison.Ordinal);
        Assert.Equal(live, await hosts.AllViews());
        await host.Runner.StopAsync(Ct);

        await hosts.Run(new TallyViews(version: 2));
        await hosts.Until(async () => (await hosts.Query<int>("select min(version) from eventstore.projection_checkpoints where slot = 'live' and projection = 'tests.tallies'"))[0] == 2, "it is rebuilt");
        Assert.Equal(live, await hosts.AllViews());
    }

    // A rebuild that has taken some of its sixty events and waits in the middle of one.
    private async Task<(ProjectionRunner Host, ProjectionOperations Operations, HeldRebuild Rebuild)> Midway(ProjectionHosts hosts)
    {
        var rebuild = new HeldRebuild(Ct);
        var views = new TallyViews { Fails = rebuild.Hold };
        var options = ProjectionHosts.Quick;
        options.MaxBatchEvents = 1;
        var host = await hosts.Run(options, views);
        await Fill(hosts);
        await hosts.CaughtUp(host);
        rebuild.After(20);
        var operations = hosts.Operations(views);
        await operations.Rebuild("tests.tallies", Ct);
        await rebuild.Held.WaitAsync(ProjectionHosts.Patience, Ct);
        await hosts.Until(async () => (await operations.Rebuilds(ct: Ct))[0].Events > 0, "something is stored");
        return (host, operations, rebuild);
    }

    private static async Task<StreamId[]> Fill(ProjectionHosts hosts)
    {
        StreamId[] streams = [.. Enumerable.Range(0, 10).SelectMany(_ => (StreamId[])[NewTally(), NewTally(Globex)])];
        foreach (var stream in streams)
        {
            await hosts.Count(stream, 1, 2, 3);
        }

        return streams;
    }

    private static Dictionary<string, double> Measured(StoreMetrics metrics)
    {
        var measured = new Dictionary<string, double>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter == metrics.Meter)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => measured[instrument.Name] = value);
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => measured[instrument.Name] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return measured;
    }

    /// <summary>Holds whoever folds the event after so many others, until it is let go.</summary>
    private sealed class HeldRebuild(CancellationToken ct)
    {
        private readonly TaskCompletionSource held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource free = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int left = int.MaxValue;

        public Task Held => held.Task;

        public void After(int events) => Interlocked.Exchange(ref left, events);

        public void LetGo()
        {
            Interlocked.Exchange(ref left, int.MaxValue);
            free.TrySetResult();
        }

        public bool Hold(EventEnvelope envelope)
        {
            if (Interlocked.Decrement(ref left) < 0)
            {
                held.TrySetResult();
                free.Task.Wait(ProjectionHosts.Patience, ct);
            }

            return false;
        }
    }
}
