using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.Testing;
using Monolith.Testing.Conformance;

namespace Monolith.EndToEnd.Tests.Commands;

public sealed class TenantsTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tenants_are_added_listed_disabled_and_enabled()
    {
        await using var database = await StoreOfModules.CreateMigrated(postgres, Ct);
        Assert.Equal("There are no tenants.", (await Run("list")).ShouldEnd(0).Output.Trim());
        Assert.Empty((await Run("list", "--json")).ShouldEnd(0).Json.AsArray());

        Assert.Equal("pool_0", (await Run("add", "acme", "--json")).ShouldEnd(0).Json["shard"]!.ToString());
        Assert.Contains("tenant_1", (await Run("add", "--dedicated", "umbrella")).ShouldEnd(0).Output, StringComparison.Ordinal);
        Assert.Contains("pool_0", (await Run("add", "acme", "--dedicated")).ShouldEnd(0).Output, StringComparison.Ordinal);
        (await Run("disable", "acme")).ShouldEnd(0);

        var rows = (await Run("list")).ShouldEnd(0).Output.Split('\n');
        Assert.Contains(rows, row => row.Contains("acme", StringComparison.Ordinal) && row.Contains("disabled", StringComparison.Ordinal));
        Assert.Contains(rows, row => row.Contains("umbrella", StringComparison.Ordinal) && row.Contains("active", StringComparison.Ordinal));
        Assert.Equal([false, true], (await Run("list", "--json")).ShouldEnd(0).Json.AsArray().Select(tenant => tenant!["isActive"]!.GetValue<bool>()));

        Assert.True((await Run("enable", "acme", "--json")).ShouldEnd(0).Json["isActive"]!.GetValue<bool>());
        Assert.All(await new Tenants(database.DataSource).List(Ct), tenant => Assert.True(tenant.IsActive));

        (await Run("disable", "nobody")).ShouldFail("'nobody'");
        (await Run("add", "UPPER")).ShouldFail("'UPPER' is not a tenant id");
        (await HostCommand.Run(database.ConnectionString, "tenants")).ShouldFail("tenants add, tenants disable, tenants drop, tenants enable, tenants list, tenants move");

        Task<HostCommand> Run(params string[] words) => HostCommand.Run(database.ConnectionString, ["tenants", .. words]);
    }

    [Fact]
    public async Task A_tenant_is_dropped_with_everything_when_that_is_confirmed_and_only_described_when_it_is_not()
    {
        await using var database = await StoreOfModules.CreateMigrated(postgres, Ct);
        await using var store = StoreOfModules.Open(database.DataSource);
        await store.Tenants.Add("acme", ct: Ct);
        await store.Tenants.Add("hooli", ct: Ct);
        await store.Archive(await store.AddAccount("acme", events: 3, Ct), ExpectedVersion.Any, Ct);
        await store.AddAccount("acme", events: 2, Ct);
        await store.AddAccount("hooli", events: 1, Ct);
        await database.DataSource.Execute(
            "insert into accounts.mt_doc_accountsummary (id, tenant_id, data) values (gen_random_uuid(), 'acme', '{}'), (gen_random_uuid(), 'hooli', '{}')", Ct);

        var described = (await Run("drop", "acme")).ShouldEnd(1).Output;
        Assert.Contains("5 events of 2 streams of the type account, 3 of them archived", described, StringComparison.Ordinal);
        Assert.Contains("Nothing was removed. Add --yes", described, StringComparison.Ordinal);
        Assert.Equal(2, (await store.Tenants.List(Ct)).Count);

        var dropped = (await Run("drop", "acme", "--yes", "--json")).ShouldEnd(0).Json;
        Assert.Equal((true, 5), (dropped["isDropped"]!.GetValue<bool>(), dropped["content"]![0]!["events"]!.GetValue<int>()));
        Assert.Equal("hooli", Assert.Single(await store.Tenants.List(Ct)).Id);
        Assert.Equal(1, await database.DataSource.Scalar<long>("select count(*) from eventstore.events", Ct));
        Assert.Equal(["hooli"], await database.DataSource.Column<string>("select tenant_id from accounts.mt_doc_accountsummary", Ct));

        (await Run("drop", "acme", "--yes")).ShouldFail("'acme'");
        (await Run("drop", "--yes")).ShouldEnd(2);

        Task<HostCommand> Run(params string[] words) => HostCommand.Run(database.ConnectionString, ["tenants", .. words]);
    }

    [Fact]
    public async Task A_tenant_is_moved_into_a_shard_of_its_own_and_back()
    {
        await using var database = await StoreOfModules.CreateMigrated(postgres, Ct);
        await using var store = StoreOfModules.Open(database.DataSource);
        await store.Tenants.Add("acme", ct: Ct);
        var account = await store.AddAccount("acme", events: 3, Ct);

        Assert.Contains("tenant_1", (await Run("move", "acme", "dedicated")).ShouldEnd(0).Output, StringComparison.Ordinal);
        Assert.Equal("tenant_1", await database.DataSource.Scalar<string>("select distinct shard from eventstore.events", Ct));
        var moved = (await Run("move", "acme", "pool", "--json")).ShouldEnd(0).Json;
        Assert.Equal(("pool", "active"), (moved["placement"]!.ToString(), moved["status"]!.ToString()));
        Assert.Equal(3, (await store.Read(account, StreamRange.All, Ct).ToListAsync(Ct)).Count);

        (await Run("move", "nobody", "dedicated")).ShouldFail("'nobody'");
        (await Run("move", "acme", "elsewhere")).ShouldFail("neither pool nor dedicated");
        (await Run("move", "acme")).ShouldEnd(2);

        Task<HostCommand> Run(params string[] words) => HostCommand.Run(database.ConnectionString, ["tenants", .. words]);
    }

    [Fact]
    public async Task On_a_database_that_is_not_migrated_it_says_so()
    {
        await using var database = await postgres.CreateDatabase(Ct);

        (await HostCommand.Run(database.ConnectionString, "tenants", "list")).ShouldFail("run the migration");
    }
}
