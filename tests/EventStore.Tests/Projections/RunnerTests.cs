using Monolith.EventStore.Projections;
using Monolith.Testing;

namespace Monolith.EventStore.Tests.Projections;

public sealed class RunnerTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Events_stored_before_and_after_the_start_are_folded_into_views()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var id = Guid.NewGuid();
        await bed.Append(id, new Entered(1m, "a"), new Entered(2m, "b"));
        var runner = await bed.Run(new LedgerViews());
        var last = await bed.Append(id, new Named("main"), new Entered(3m, "c"));

        await runner.WaitFor("tests.ledgers", ProjectionBed.Tenant, last.Position, ProjectionBed.Patience, ProjectionBed.Ct);

        Assert.Equal(new LedgerView(id, 6m, 4, true, "main"), await bed.View<LedgerView>(id));
    }

    [Fact]
    public async Task The_same_id_in_two_tenants_is_two_views()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var id = Guid.NewGuid();
        var runner = await bed.Run(new LedgerViews());
        await bed.Append(id, "acme", new Entered(1m, "a"));
        await bed.Append(id, "other", new Entered(2m, "b"));
        await bed.CaughtUp(runner);

        Assert.Equal(1m, (await bed.View<LedgerView>(id, "acme"))!.Sum);
        Assert.Equal(2m, (await bed.View<LedgerView>(id, "other"))!.Sum);
    }

    [Fact]
    public async Task A_view_that_the_fold_gives_up_is_removed()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var id = Guid.NewGuid();
        var runner = await bed.Run(new LedgerViews());
        await bed.Append(id, new Entered(1m, "a"));
        await bed.CaughtUp(runner);
        Assert.NotNull(await bed.View<LedgerView>(id));

        await bed.Append(id, new Entered(1m, "remove"));
        await bed.CaughtUp(runner);

        Assert.Null(await bed.View<LedgerView>(id));
    }

    [Fact]
    public async Task One_event_can_change_many_views_and_many_aggregates_one_view()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var runner = await bed.Run(new WordViews());
        await bed.Append(Guid.NewGuid(), new Entered(1m, "red green red"), new Named("no words"));
        await bed.Append(Guid.NewGuid(), new Entered(1m, "green blue"));
        await bed.CaughtUp(runner);

        Assert.Equal(new WordView("red", 1), await bed.View<WordView>("red"));
        Assert.Equal(new WordView("green", 2), await bed.View<WordView>("green"));
        Assert.Equal(new WordView("blue", 1), await bed.View<WordView>("blue"));
        Assert.Equal(3, (await bed.AllViews()).Count);
    }

    [Fact]
    public async Task A_projection_can_read_several_aggregate_types()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var (ledger, meter) = (Guid.NewGuid(), Guid.NewGuid());
        await bed.Append(meter, new MeterRead(1));
        var runner = await bed.Run(new CountViews());
        await bed.Append(ledger, new Entered(1m, "a"), new Entered(1m, "a"));
        await bed.Append(meter, new MeterRead(2));
        await bed.CaughtUp(runner);

        Assert.Equal((2, 2), ((await bed.View<CountView>(ledger))!.Events, (await bed.View<CountView>(meter))!.Events));
    }

    [Fact]
    public async Task A_table_projection_writes_its_rows_with_its_checkpoint()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var id = Guid.NewGuid();
        await bed.Append(id, new Entered(1.5m, "a"), new Named("n"), new Entered(2.5m, "b"));
        var runner = await bed.Run(new EntryTable());
        await bed.Append(id, new Entered(3m, "c"));
        await bed.CaughtUp(runner);

        Assert.Equal([1.5m, 2.5m, 3m], await bed.Query<decimal>("select amount from tests.entries order by position"));
    }

    [Fact]
    public async Task Events_that_a_projection_does_not_read_still_move_its_checkpoint()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        await bed.Run(new LedgerViews());
        var foreign = await bed.Append(Guid.NewGuid(), new MeterRead(1));

        await ProjectionBed.Eventually(
            async () => (await bed.Query<long>("select coalesce(min(position), 0) from eventstore.projection_checkpoints"))[0] >= foreign.Position,
            "every checkpoint has passed the foreign event");
    }

    [Fact]
    public async Task A_restart_resumes_after_the_last_checkpoint()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var recorder = new Recorder().Of<Ledger>();
        var id = Guid.NewGuid();
        var first = await bed.Run(recorder);
        await bed.Append(id, new Entered(1m, "a"));
        await bed.CaughtUp(first);
        await first.StopAsync(ProjectionBed.Ct);
        await bed.Append(id, new Entered(2m, "b"));

        var second = await bed.Run(recorder);
        await bed.CaughtUp(second);

        Assert.Equal([1m, 2m], recorder.Seen.Select(envelope => ((Entered)envelope.Event).Amount));
    }

    [Fact]
    public async Task A_subscription_begins_at_the_beginning_now_or_at_a_position()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var id = Guid.NewGuid();
        var first = await bed.Append(id, new Entered(1m, "a"));
        await bed.Append(id, new Entered(2m, "b"));
        var beginning = new Recorder("tests.beginning").Of<Ledger>();
        var now = new Recorder("tests.now") { From = StartFrom.Now }.Of<Ledger>();
        var position = new Recorder("tests.position") { From = StartFrom.Position(first.Position) }.Of<Ledger>();
        var runner = await bed.Run(beginning, now, position);
        await bed.CaughtUp(runner);
        await bed.Append(id, new Entered(3m, "c"));
        await bed.CaughtUp(runner);

        Assert.Equal([1m, 2m, 3m], Amounts(beginning));
        Assert.Equal([3m], Amounts(now));
        Assert.Equal([2m, 3m], Amounts(position));

        static IEnumerable<decimal> Amounts(Recorder recorder) => recorder.Seen.Select(envelope => ((Entered)envelope.Event).Amount);
    }

    [Fact]
    public async Task A_tenant_with_a_shard_of_its_own_is_projected_without_a_restart()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var runner = await bed.Run(new LedgerViews());
        await bed.Store.Tenants.Add("big", TenantPlacement.Dedicated, ProjectionBed.Ct);
        var id = Guid.NewGuid();
        var stored = await bed.Append(id, "big", new Entered(7m, "a"));

        await runner.WaitFor("tests.ledgers", "big", stored.Position, ProjectionBed.Patience, ProjectionBed.Ct);

        Assert.Equal(7m, (await bed.View<LedgerView>(id, "big"))!.Sum);
    }

    [Fact]
    public async Task Waiting_for_a_position_that_does_not_come_ends_with_a_defined_error()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var runner = await bed.Run(new LedgerViews());

        var late = await Assert.ThrowsAsync<ReadModelBehindException>(
            () => runner.WaitFor("tests.ledgers", ProjectionBed.Tenant, 1_000_000, TimeSpan.FromMilliseconds(50), ProjectionBed.Ct));

        Assert.Equal(("read_model_behind", true, 1_000_000L), (late.Code, late.IsTransient, late.Position));
        await Assert.ThrowsAsync<UnknownProjectionException>(
            () => runner.WaitFor("tests.nothing", ProjectionBed.Tenant, 1, TimeSpan.FromSeconds(1), ProjectionBed.Ct));
    }

    [Fact]
    public async Task Another_process_can_wait_for_a_projection_that_it_does_not_run()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        await bed.Run(new LedgerViews());
        await using var idle = new ProjectionRunner(bed.DataSource, ProjectionBed.Model, bed.Store, bed.Catalog(new LedgerViews()), bed.Views);
        var id = Guid.NewGuid();
        var stored = await bed.Append(id, new Entered(1m, "a"));

        await idle.WaitFor("tests.ledgers", ProjectionBed.Tenant, stored.Position, ProjectionBed.Patience, ProjectionBed.Ct);

        Assert.NotNull(await bed.View<LedgerView>(id));
    }
}
