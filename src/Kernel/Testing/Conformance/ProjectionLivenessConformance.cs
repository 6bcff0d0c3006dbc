using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.EventStore.Projections;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>A projection that does not come back holds up nobody for long: neither its shard, nor its host, nor the next owner.</summary>
public abstract class ProjectionLivenessConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact, Behaviour(32, 36)]
    public async Task A_projection_that_hangs_is_started_anew_and_reported()
    {
        await using var hosts = await NewHosts();
        var hang = new Hang(number: 2, times: 1);
        var recorder = new Recorder { OnEvent = hang.On }.Of<Tally>();
        var logs = new CollectedLogs();
        using var metrics = new StoreMetrics();
        var host = await hosts.Start(new() { Options = Watchful(), Loggers = logs, Metrics = metrics }, recorder);
        await hosts.Count(NewTally(), 1, 2, 3);
        await hosts.CaughtUp(host.Runner);

        Assert.Equal([1L, 2L, 3L], recorder.Numbers.Distinct());
        Assert.Contains(logs.Warnings, line => line.Contains("tests.recorder on", StringComparison.Ordinal) && line.Contains("has not come back from tally.counted", StringComparison.Ordinal));
        Assert.Contains(host.Runner.Statuses, status => status is { Restarts: > 0, LastError: null });
        Assert.True(Instruments.Observe(metrics, "monolith.projection.restarts")["tests.recorder"] > 0);

        // The hanging one comes back at last: it says that it is done, and does no more.
        hang.End();
        await hosts.Until(() => recorder.Numbers.Count(number => number == 2) == 2, "both have dealt with the event");
        await hosts.Count(NewTally(), 4);
        await hosts.CaughtUp(host.Runner);
        Assert.Equal([3L, 4L], recorder.Numbers.Where(number => number > 2));
    }

    [Fact, Behaviour(36)]
    public async Task An_event_over_which_a_projection_hangs_time_and_again_is_parked_and_others_go_on()
    {
        await using var hosts = await NewHosts();
        var hang = new Hang(number: 13, times: int.MaxValue);
        var recorder = new Recorder { OnEvent = hang.On }.Of<Tally>();
        var options = Watchful();
        options.Deliveries = 2;
        var runner = await hosts.Run(options, recorder);
        await hosts.Count(NewTally(), 1);
        var bad = await hosts.Count(NewTally(), 13, 14);
        await hosts.Count(NewTally(), 2);
        await hosts.CaughtUp(runner);

        Assert.Equal([1L, 2L], recorder.Numbers.Where(number => number < 13).Distinct());
        var operations = hosts.Operations(new Recorder().Of<Tally>());
        var parked = Assert.Single(await operations.Parked(ct: Ct));
        Assert.Equal((bad.Position - 1, 2, 1L), (parked.Position, parked.Attempts, parked.Waiting));
        Assert.Contains("did not come back", parked.Error, StringComparison.Ordinal);

        // Tried again on request, it hangs again, and then waits for the next request instead of hanging for ever.
        await operations.RetryAll(recorder.Name, Ct);
        await hosts.Until(async () => (await operations.Parked(ct: Ct))[0] is { Attempts: 3, RetryAt: null }, "it has failed again");
        hang.End();
        await operations.RetryAll(recorder.Name, Ct);
        await hosts.Until(async () => (await operations.Parked(ct: Ct)).Count == 0, "nothing is parked");
        Assert.Contains(14L, recorder.Numbers);
    }

    [Fact, Behaviour(32)]
    public async Task A_host_stops_although_a_subscription_does_not_and_the_next_owner_takes_over()
    {
        await using var hosts = await NewHosts();
        var hang = new Hang(number: 2, times: 1);
        var (deaf, heir) = (new Recorder { OnEvent = hang.On }.Of<Tally>(), new Recorder().Of<Tally>());
        var logs = new CollectedLogs();
        var options = ProjectionHosts.Quick;
        options.StopTimeout = TimeSpan.FromMilliseconds(100);
        var stopping = await hosts.Start(new() { Options = options, Loggers = logs }, deaf);
        await hosts.Count(NewTally(), 1);
        await hosts.CaughtUp(stopping.Runner);
        await hosts.Count(NewTally(), 2, 3);
        await hang.Begun.WaitAsync(Ct);

        await stopping.Runner.StopAsync(Ct);
        Assert.Contains(logs.Warnings, line => line.EndsWith("is left behind; it cannot write any more.", StringComparison.Ordinal));
        var next = await hosts.Run(heir);
        await hosts.CaughtUp(next);
        Assert.Equal([2L, 3L], heir.Numbers);
        var rows = await Rows(hosts);

        hang.End();
        await hosts.Until(() => deaf.Numbers.Contains(2), "the hanging one has come back");
        await hosts.Count(NewTally(), 4);
        await hosts.CaughtUp(next);
        Assert.Equal([1L, 2L], deaf.Numbers);
        Assert.Equal([2L, 3L, 4L], heir.Numbers);
        Assert.Equal(rows, await Rows(hosts));
    }

    [Fact, Behaviour(32)]
    public async Task A_host_goes_on_with_the_others_when_a_projection_does_not_let_go()
    {
        await using var hosts = await NewHosts();
        var hang = new Hang(number: 2, times: 1);
        var (deaf, other) = (new Recorder("tests.deaf") { OnEvent = hang.On }.Of<Tally>(), new Recorder("tests.other").Of<Tally>());
        var operations = hosts.Operations(new Recorder("tests.deaf").Of<Tally>(), new Recorder("tests.other").Of<Tally>());
        var runner = await hosts.Run(deaf, other);
        await hosts.Count(NewTally(), 2, 3);
        await hang.Begun.WaitAsync(Ct);

        Assert.True(await operations.Pause("tests.deaf", Ct));
        Assert.True(await operations.Pause("tests.other", Ct));
        await hosts.Owns(runner, 0);
        await operations.Resume("tests.deaf", Ct);
        await operations.Resume("tests.other", Ct);
        await hosts.CaughtUp(runner);

        Assert.Equal([2L, 3L], deaf.Numbers);
        Assert.Equal([2L, 3L], other.Numbers);
        hang.End();
        await hosts.Until(() => deaf.Numbers.Count == 3, "the hanging one has come back");
    }

    private static ProjectionOptions Watchful()
    {
        var options = ProjectionHosts.Quick;
        options.StallAfter = TimeSpan.FromSeconds(1);
        return options;
    }

    // Who owns what, under which fence.
    private static Task<List<string>> Rows(ProjectionHosts hosts) =>
        hosts.Query<string>("select concat_ws(' ', projection, shard, owner, fence) from eventstore.projection_checkpoints order by 1");

    /// <summary>A handler that does not come back from an event and does not listen to its token, so many times.</summary>
    private sealed class Hang(long number, int times)
    {
        private readonly TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int left = times;

        public Task Begun => begun.Task;

        public Task On(EventEnvelope envelope, CancellationToken ct)
        {
            if (envelope.Event is not Counted counted || counted.Number != number || Interlocked.Decrement(ref left) < 0)
            {
                return Task.CompletedTask;
            }

            begun.TrySetResult();
            return end.Task;
        }

        public void End() => end.TrySetResult();
    }
}
