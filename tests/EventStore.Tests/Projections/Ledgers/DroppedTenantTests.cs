using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Monolith.Testing;

namespace Monolith.EventStore.Tests.Projections.Ledgers;

/// <summary>In a host that has projections a tenant is dropped with its read models.</summary>
public sealed class DroppedTenantTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => ProjectionBed.Ct;

    [Theory]
    [InlineData(TenantPlacement.Pool)]
    [InlineData(TenantPlacement.Dedicated)]
    public async Task Dropping_a_tenant_while_it_is_projected_and_rebuilt_leaves_no_row_of_it_in_any_read_model(TenantPlacement placement)
    {
        await using var bed = await ProjectionBed.Create(postgres);
        await bed.Store.Tenants.Add("umbrella", placement, Ct);
        Projection[] projections = [new LedgerViews(), new WordViews(), new EntryTable()];
        var runner = await bed.Run(projections);
        foreach (var tenant in new[] { "umbrella", "other" })
        {
            for (var ledger = 0; ledger < 10; ledger++)
            {
                await bed.Append(Guid.CreateVersion7(), tenant, [.. Enumerable.Range(1, 30).Select(amount => (object)new Entered(amount, "word"))]);
            }
        }

        await bed.CaughtUp(runner);
        var others = (await bed.AllViews()).Where(view => view.Contains("/other/", StringComparison.Ordinal)).ToList();
        Assert.Equal(22, (await bed.AllViews()).Count);
        await bed.Operations(projections).RebuildAll(ct: Ct);
        await bed.Append(Guid.CreateVersion7(), "umbrella", new Entered(1m, "late"));

        await new TenantsWithReadModels(bed.Store.Tenants, bed.Catalog(projections), bed.Views).Drop("umbrella", Ct);

        await ProjectionBed.Eventually(
            async () => (await bed.Query<long>("select count(*) from eventstore.projection_checkpoints where slot = 'shadow'"))[0] == 0, "no rebuild runs");
        await bed.CaughtUp(runner);
        Assert.Equal(others, await bed.AllViews());
        Assert.Equal(["other"], await bed.Query<string>("select distinct tenant_id from tests.entries"));
        Assert.Equal([300L], await bed.Query<long>("select count(*) from tests.entries"));
        Assert.Empty(await bed.Query<string>("select tenant_id from views_shadow"));
        await Assert.ThrowsAsync<UnknownTenantException>(() => runner.WaitFor("tests.ledgers", "umbrella", 1, ProjectionBed.Patience, Ct));
    }

    [Fact]
    public async Task A_drop_that_is_interrupted_among_the_read_models_goes_on_there()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        Projection[] projections = [new EntryTable()];
        var runner = await bed.Run(projections);
        await bed.Append(Guid.CreateVersion7(), [.. Enumerable.Range(1, 30).Select(amount => (object)new Entered(amount, "word"))]);
        await bed.CaughtUp(runner);
        var tenants = new TenantsWithReadModels(bed.Store.Tenants, bed.Catalog(projections));
        await using var holding = await bed.DataSource.OpenConnectionAsync(Ct);
        await using var transaction = await holding.BeginTransactionAsync(Ct);
        await using (var hold = new Npgsql.NpgsqlCommand("select from tests.entries for update", holding))
        {
            await hold.ExecuteNonQueryAsync(Ct);
        }

        using var interrupt = new CancellationTokenSource();
        var drop = tenants.Drop(ProjectionBed.Tenant, interrupt.Token);
        await ProjectionBed.Eventually(
            async () => await bed.Query<long>("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") is [> 0], "it waits");
        await interrupt.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => drop);
        await transaction.RollbackAsync(Ct);
        Assert.Equal([30L], await bed.Query<long>("select count(*) from tests.entries"));

        await tenants.Drop(ProjectionBed.Tenant, Ct);

        Assert.Equal([0L], await bed.Query<long>("select count(*) from tests.entries"));
        Assert.DoesNotContain(await tenants.List(Ct), tenant => tenant.Id == ProjectionBed.Tenant);
    }

    [Fact]
    public async Task A_table_that_does_not_say_to_which_tenant_a_row_belongs_is_named_and_the_drop_can_go_on_without_it()
    {
        await using var bed = await ProjectionBed.Create(postgres);
        var runner = await bed.Run(new EntryTable());
        await bed.Append(Guid.CreateVersion7(), new Entered(1m, "a"));
        await bed.CaughtUp(runner);
        await bed.Execute("alter table tests.entries rename column tenant_id to owner");

        var unfit = await Assert.ThrowsAsync<InvalidModelException>(
            () => new TenantsWithReadModels(bed.Store.Tenants, bed.Catalog(new EntryTable())).Drop(ProjectionBed.Tenant, Ct));

        Assert.Contains("'entries'", unfit.Message, StringComparison.Ordinal);
        await new TenantsWithReadModels(bed.Store.Tenants, bed.Catalog(new EntryTable { Owner = "owner" })).Drop(ProjectionBed.Tenant, Ct);
        Assert.Equal([0L], await bed.Query<long>("select count(*) from tests.entries"));
    }
}
