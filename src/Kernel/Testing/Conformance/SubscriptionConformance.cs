using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>A subscription begins where it says, goes on where it was, and hears of everything.</summary>
public abstract class SubscriptionConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Fact, Behaviour(30)]
    public async Task A_subscription_begins_at_the_beginning_now_or_at_a_position()
    {
        await using var hosts = await NewHosts();
        var stream = NewTally();
        var first = await hosts.Count(stream, 1);
        await hosts.Count(stream, 2);
        var beginning = new Recorder("tests.beginning").Of<Tally>();
        var now = new Recorder("tests.now") { From = StartFrom.Now }.Of<Tally>();
        var position = new Recorder("tests.position") { From = StartFrom.Position(first.Position) }.Of<Tally>();
        var runner = await hosts.Run(beginning, now, position);
        await hosts.CaughtUp(runner);
        await hosts.Count(stream, 3);
        await hosts.CaughtUp(runner);

        Assert.Equal([1L, 2L, 3L], beginning.Numbers);
        Assert.Equal([3L], now.Numbers);
        Assert.Equal([2L, 3L], position.Numbers);
    }

    [Fact, Behaviour(30)]
    public async Task A_restart_resumes_after_the_last_checkpoint()
    {
        await using var hosts = await NewHosts();
        var recorder = new Recorder().Of<Tally>();
        var stream = NewTally();
        var first = await hosts.Run(recorder);
        await hosts.Count(stream, 1);
        await hosts.CaughtUp(first);
        await first.StopAsync(Ct);
        await hosts.Count(stream, 2);

        var second = await hosts.Run(recorder);
        await hosts.CaughtUp(second);

        Assert.Equal([1L, 2L], recorder.Numbers);
    }

    [Fact, Behaviour(30)]
    public async Task A_subscription_that_began_now_keeps_its_beginning_when_it_is_restarted()
    {
        await using var hosts = await NewHosts();
        var stream = NewTally();
        await hosts.Count(stream, 1);
        var first = await hosts.Run(new Recorder { From = StartFrom.Now }.Of<Tally>());
        await hosts.CaughtUp(first);
        await first.StopAsync(Ct);
        await hosts.Count(stream, 2);

        var recorder = new Recorder { From = StartFrom.Now }.Of<Tally>();
        await hosts.CaughtUp(await hosts.Run(recorder));

        Assert.Equal([2L], recorder.Numbers);
    }

    [Fact, Behaviour(35)]
    public async Task Events_that_a_projection_does_not_read_still_move_its_checkpoint()
    {
        await using var hosts = await NewHosts();
        await hosts.Run(new TallyViews());
        var foreign = await hosts.Append(NewOrder(), new OrderRemarked("foreign"));

        await hosts.Store.Until($"select coalesce(min(position), 0) >= {foreign.Position} from eventstore.projection_checkpoints", Ct);
    }

    [Fact, Behaviour(35)]
    public async Task Events_of_its_aggregates_that_it_leaves_out_move_its_checkpoint_too()
    {
        await using var hosts = await NewHosts();
        await hosts.Run(new WordViews());
        var foreign = await hosts.Count(NewTally(), 1, 2, 3);

        await hosts.Store.Until($"select coalesce(min(position), 0) >= {foreign.Position} from eventstore.projection_checkpoints", Ct);
    }

    [Fact, Behaviour(38)]
    public async Task Waiting_for_a_position_returns_when_the_read_model_has_passed_it()
    {
        await using var hosts = await NewHosts();
        var open = new TaskCompletionSource();
        var recorder = new Recorder { OnEvent = (_, ct) => open.Task.WaitAsync(ct) }.Of<Tally>();
        var runner = await hosts.Run(recorder);
        var stored = await hosts.Count(NewTally(), 1, 2);

        var waiting = runner.WaitFor(recorder.Name, Acme, stored.Position, ProjectionHosts.Patience, Ct);
        await hosts.Until(() => runner.Statuses.Any(status => status.LagEvents == 2), "the events wait");
        Assert.False(waiting.IsCompleted);
        open.SetResult();
        await waiting;

        Assert.Equal([1L, 2L], recorder.Numbers);
    }

    [Fact, Behaviour(38)]
    public async Task Waiting_for_a_position_that_does_not_come_ends_with_a_defined_error()
    {
        await using var hosts = await NewHosts();
        var runner = await hosts.Run(new TallyViews());

        var late = await Assert.ThrowsAsync<ReadModelBehindException>(
            () => runner.WaitFor("tests.tallies", Acme, 1_000_000, TimeSpan.FromMilliseconds(50), Ct));

        Assert.Equal(("read_model_behind", true, 1_000_000L, "tests.tallies"), (late.Code, late.IsTransient, late.Position, late.Projection));
        await Assert.ThrowsAsync<UnknownProjectionException>(() => runner.WaitFor("tests.nothing", Acme, 1, TimeSpan.FromSeconds(1), Ct));
        await Assert.ThrowsAsync<UnknownTenantException>(() => runner.WaitFor("tests.tallies", "nobody", 1, TimeSpan.FromSeconds(1), Ct));
    }

    [Fact, Behaviour(38)]
    public async Task Another_process_can_wait_for_a_projection_that_it_does_not_run()
    {
        await using var hosts = await NewHosts();
        await hosts.Run(new TallyViews());
        await using var idle = new ProjectionRunner(
            hosts.Store.DataSource, hosts.Store.Setup.Model, hosts.Store.Store, hosts.Catalog(new TallyViews()), hosts.Views);
        var stream = NewTally();
        var stored = await hosts.Count(stream, 1);

        await idle.WaitFor("tests.tallies", Acme, stored.Position, ProjectionHosts.Patience, Ct);

        Assert.NotNull(await hosts.View<TallyView>(stream));
    }

    [Fact, Behaviour(38)]
    public async Task Waiting_while_positions_below_are_still_open_waits_for_those_too()
    {
        await using var hosts = await NewHosts();
        var runner = await hosts.Run(new TallyViews());
        await using var slow = await hosts.Store.BeginAppend(Ct);
        var (low, high) = (NewTally(), NewTally());
        await slow.Insert(low, 1, new(1), Ct);
        var stored = await hosts.Count(high, 2);

        var waiting = runner.WaitFor("tests.tallies", Acme, stored.Position, ProjectionHosts.Patience, Ct);
        await Assert.ThrowsAsync<ReadModelBehindException>(
            () => runner.WaitFor("tests.tallies", Acme, stored.Position, TimeSpan.FromMilliseconds(50), Ct));
        Assert.False(waiting.IsCompleted);
        await slow.Commit(Ct);
        await waiting;

        Assert.Equal((1L, 2L), ((await hosts.View<TallyView>(low))!.Sum, (await hosts.View<TallyView>(high))!.Sum));
    }

    [Fact, Behaviour(39)]
    public async Task Events_that_another_host_appends_arrive_although_nobody_tells()
    {
        await using var hosts = await NewHosts();
        var recorder = new Recorder().Of<Tally>();
        var runner = (await hosts.Start(new() { Configure = options => options.Notify = false }, recorder)).Runner;
        var stream = NewTally();
        for (var number = 1; number <= 5; number++)
        {
            var stored = await hosts.Count(stream, number);
            await runner.WaitFor(recorder.Name, Acme, stored.Position, ProjectionHosts.Patience, Ct);
        }

        Assert.Equal([1L, 2L, 3L, 4L, 5L], recorder.Numbers);
    }
}
