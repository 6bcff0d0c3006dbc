using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Projections;

/// <summary>In a host that has projections a tenant is dropped with its read models.</summary>
public sealed class DroppedTenantTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Theory]
    [InlineData(TenantPlacement.Pool)]
    [InlineData(TenantPlacement.Dedicated)]
    public async Task Dropping_a_tenant_while_it_is_projected_and_rebuilt_leaves_no_row_of_it_in_any_read_model(TenantPlacement placement)
    {
        await using var hosts = await NewHosts();
        await hosts.Store.Store.Tenants.Add("umbrella", placement, Ct);
        Projection[] projections = [new TallyViews(), new WordViews(), new NumberTable()];
        var runner = await hosts.Run(projections);
        foreach (var tenant in new[] { "umbrella", Globex })
        {
            for (var tally = 0; tally < 10; tally++)
            {
                await hosts.Append(NewTally(tenant), [.. Enumerable.Range(1, 30).Select(number => (object)new Counted(number)), new Noted("word")]);
            }
        }

        await hosts.CaughtUp(runner);
        var others = (await hosts.AllViews()).Where(view => view.Contains($"/{Globex}/", StringComparison.Ordinal)).ToList();
        Assert.Equal(22, (await hosts.AllViews()).Count);
        await hosts.Operations(projections).RebuildAll(ct: Ct);
        await hosts.Append(NewTally("umbrella"), new Counted(1));

        await new TenantsWithReadModels(hosts.Store.Store.Tenants, hosts.Catalog(projections), hosts.Views).Drop("umbrella", Ct);

        await hosts.Until(
            async () => (await hosts.Query<long>("select count(*) from eventstore.projection_checkpoints where slot = 'shadow'"))[0] == 0, "no rebuild runs");
        await hosts.CaughtUp(runner);
        Assert.Equal(others, await hosts.AllViews());
        Assert.Equal([Globex], await hosts.Query<string>("select distinct tenant_id from tests.numbers"));
        Assert.Equal([300L], await hosts.Query<long>("select count(*) from tests.numbers"));
        Assert.Empty(await hosts.Query<string>("select tenant_id from views_shadow"));
        await Assert.ThrowsAsync<UnknownTenantException>(() => runner.WaitFor("tests.tallies", "umbrella", 1, ProjectionHosts.Patience, Ct));
    }

    [Fact]
    public async Task A_drop_that_is_interrupted_among_the_read_models_goes_on_there()
    {
        await using var hosts = await NewHosts();
        Projection[] projections = [new NumberTable()];
        var runner = await hosts.Run(projections);
        await hosts.Append(NewTally(), [.. Enumerable.Range(1, 30).Select(number => (object)new Counted(number))]);
        await hosts.CaughtUp(runner);
        var tenants = new TenantsWithReadModels(hosts.Store.Store.Tenants, hosts.Catalog(projections));
        await using var holding = await hosts.Store.DataSource.OpenConnectionAsync(Ct);
        await using var transaction = await holding.BeginTransactionAsync(Ct);
        await using (var hold = new Npgsql.NpgsqlCommand("select from tests.numbers for update", holding))
        {
            await hold.ExecuteNonQueryAsync(Ct);
        }

        using var interrupt = new CancellationTokenSource();
        var drop = tenants.Drop(Acme, interrupt.Token);
        await hosts.Until(
            async () => await hosts.Query<long>("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") is [> 0], "it waits");
        await interrupt.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => drop);
        await transaction.RollbackAsync(Ct);
        Assert.Equal([30L], await hosts.Query<long>("select count(*) from tests.numbers"));

        await tenants.Drop(Acme, Ct);

        Assert.Equal([0L], await hosts.Query<long>("select count(*) from tests.numbers"));
        Assert.DoesNotContain(await tenants.List(Ct), tenant => tenant.Id == Acme);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_waits_for_a_table_of_a_rebuild_that_goes_meanwhile_does_without_it(bool drops)
    {
        await using var hosts = await NewHosts();
        Projection[] projections = [new NumberTable()];
        await using (var runner = await hosts.Run(projections))
        {
            await hosts.Append(NewTally(), new Counted(1));
            await hosts.CaughtUp(runner);
        }

        await hosts.Execute("create schema if not exists tests_shadow; create table tests_shadow.numbers as table tests.numbers");
        var tenants = new TenantsWithReadModels(hosts.Store.Store.Tenants, hosts.Catalog(projections), others: [new TenantTables(["tests_shadow"])]);
        await using var holding = await hosts.Store.DataSource.OpenConnectionAsync(Ct);
        await using var transaction = await holding.BeginTransactionAsync(Ct);
        await using (var promote = new Npgsql.NpgsqlCommand("select eventstore.promote_shadow('tests', 'numbers')", holding))
        {
            await promote.ExecuteNonQueryAsync(Ct);
        }

        var call = drops ? tenants.Drop(Acme, Ct) : tenants.Rows(Acme, Ct);
        await hosts.Until(
            async () => await hosts.Query<long>("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") is [> 0], "it waits");
        await transaction.CommitAsync(Ct);
        await call;

        Assert.Equal([drops ? 0L : 1L], await hosts.Query<long>("select count(*) from tests.numbers"));
        Assert.Equal([false], await hosts.Query<bool>("select to_regclass('tests_shadow.numbers') is not null"));
    }

    [Fact]
    public async Task A_table_that_does_not_say_to_which_tenant_a_row_belongs_is_named_and_the_drop_can_go_on_without_it()
    {
        await using var hosts = await NewHosts();
        var runner = await hosts.Run(new NumberTable());
        await hosts.Append(NewTally(), new Counted(1));
        await hosts.CaughtUp(runner);
        await hosts.Execute("alter table tests.numbers rename column tenant_id to owner");

        var unfit = await Assert.ThrowsAsync<InvalidModelException>(
            () => new TenantsWithReadModels(hosts.Store.Store.Tenants, hosts.Catalog(new NumberTable())).Drop(Acme, Ct));

        Assert.Contains("'numbers'", unfit.Message, StringComparison.Ordinal);
        await new TenantsWithReadModels(hosts.Store.Store.Tenants, hosts.Catalog(new NumberTable { Owner = "owner" })).Drop(Acme, Ct);
        Assert.Equal([0L], await hosts.Query<long>("select count(*) from tests.numbers"));
    }
}
