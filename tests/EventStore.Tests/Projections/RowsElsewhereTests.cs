using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using Npgsql;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Projections;

/// <summary>What is kept of a tenant in tables that are nobody's read models is counted, and goes with it.</summary>
public sealed class RowsElsewhereTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private const string Tables =
        """
        create schema elsewhere;
        create table elsewhere.notes (tenant_id text not null, text text not null);
        create table elsewhere.lists (tenant_id varchar not null, number int not null) partition by list (number);
        create table elsewhere.lists_1 partition of elsewhere.lists for values in (1);
        create table elsewhere.lists_2 partition of elsewhere.lists for values in (2);
        create table elsewhere.of_nobody (text text not null);
        insert into elsewhere.of_nobody values ('acme');
        insert into elsewhere.notes select t, 'a note' from unnest(array['acme', 'globex']) t, generate_series(1, 20500);
        insert into elsewhere.lists select t, n from unnest(array['acme', 'globex']) t, generate_series(1, 2) n;
        """;

    [Fact]
    public async Task Rows_of_every_table_of_a_schema_are_counted_and_removed_and_those_of_others_stay()
    {
        await using var hosts = await NewHosts();
        await hosts.Execute(Tables);
        await hosts.Append(NewTally(), new Counted(1));
        var tenants = Tenants(hosts, new TenantTables(["elsewhere", "nowhere"]));

        Assert.Equal([new("eventstore.events", 1), new("elsewhere.lists", 2), new("elsewhere.notes", 20_500)], await tenants.Rows(Acme, Ct));
        await tenants.Drop(Acme, Ct);

        Assert.Equal([Globex], await hosts.Query<string>("select distinct tenant_id from elsewhere.notes"));
        Assert.Equal([20_500L, 2L, 1L], await hosts.Query<long>(
            "select count(*) from elsewhere.notes union all select count(*) from elsewhere.lists union all select count(*) from elsewhere.of_nobody"));
        await Assert.ThrowsAsync<UnknownTenantException>(() => tenants.Rows(Acme, Ct));
    }

    [Fact]
    public async Task A_drop_that_dies_among_them_is_finished_by_running_it_again()
    {
        await using var hosts = await NewHosts();
        await hosts.Execute(Tables);

        await Assert.ThrowsAsync<InvalidOperationException>(() => Tenants(hosts, new Dying(new TenantTables(["elsewhere"]))).Drop(Acme, Ct));
        var tenants = Tenants(hosts, new TenantTables(["elsewhere"]));
        Assert.InRange((await tenants.Rows(Acme, Ct)).Sum(rows => rows.Rows), 1, 20_500);
        await Assert.ThrowsAsync<TenantDroppingException>(() => tenants.Add(Acme, ct: Ct));
        await tenants.Drop(Acme, Ct);

        Assert.Equal([Globex], await hosts.Query<string>("select distinct tenant_id from elsewhere.notes"));
        Assert.DoesNotContain(await tenants.List(Ct), tenant => tenant.Id == Acme);
    }

    [Fact]
    public async Task A_drop_waits_for_who_has_entered_the_tenant_and_who_comes_later_is_refused()
    {
        await using var hosts = await NewHosts();
        await hosts.Execute(Tables);
        await using var writer = await hosts.Store.DataSource.OpenConnectionAsync(Ct);
        await using var transaction = await writer.BeginTransactionAsync(Ct);
        await TenantEntrance.Enter(transaction, Acme, Ct);

        var drop = Tenants(hosts, new TenantTables(["elsewhere"])).Drop(Acme, Ct);
        await hosts.Until(async () => await hosts.Query<long>("select count(*) from pg_locks where classid = 7741009 and not granted") is [1], "it waits");
        await using (var late = await hosts.Store.DataSource.OpenConnectionAsync(Ct))
        {
            await using var other = await late.BeginTransactionAsync(Ct);
            await TenantEntrance.Enter(other, Globex, Ct);
        }

        await using (var insert = new NpgsqlCommand("insert into elsewhere.notes values ('acme', 'at the last moment')", writer))
        {
            await insert.ExecuteNonQueryAsync(Ct);
        }

        Assert.False(drop.IsCompleted);
        await transaction.CommitAsync(Ct);
        await drop;

        Assert.Equal([Globex], await hosts.Query<string>("select distinct tenant_id from elsewhere.notes"));
        await using var after = await writer.BeginTransactionAsync(Ct);
        await Assert.ThrowsAsync<UnknownTenantException>(() => TenantEntrance.Enter(after, Acme, Ct));
    }

    private static TenantsWithReadModels Tenants(ProjectionHosts hosts, ITenantRows others) =>
        new(hosts.Store.Store.Tenants, hosts.Catalog(), others: [others]);

    // Removes some rows and is gone.
    private sealed class Dying(TenantTables tables) : ITenantRows
    {
        private int calls;

        public Task<IReadOnlyList<TenantRows>> Count(NpgsqlConnection connection, string tenantId, CancellationToken ct = default) => tables.Count(connection, tenantId, ct);

        public Task<int> Remove(NpgsqlConnection connection, string tenantId, int limit, CancellationToken ct = default) =>
            calls++ == 0 ? tables.Remove(connection, tenantId, limit, ct) : throw new InvalidOperationException("The power is out.");
    }
}
