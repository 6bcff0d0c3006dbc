using Monolith.EventStore;
using Monolith.Testing;

namespace Monolith.EndToEnd.Tests.Commands;

public sealed class TenantsTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tenants_are_added_listed_disabled_and_enabled()
    {
        await using var database = await postgres.CreateDatabase(Ct);
        (await HostCommand.Run(database.ConnectionString, "migrate")).ShouldEnd(0);
        Assert.Equal("There are no tenants.", (await Run("list")).ShouldEnd(0).Output.Trim());
        Assert.Empty((await Run("list", "--json")).ShouldEnd(0).Json.AsArray());

        Assert.Equal("pool_0", (await Run("add", "acme", "--json")).ShouldEnd(0).Json["shard"]!.ToString());
        Assert.Contains("tenant_1", (await Run("add", "--dedicated", "umbrella")).ShouldEnd(0).Output, StringComparison.Ordinal);
        Assert.Contains("pool_0", (await Run("add", "acme", "--dedicated")).ShouldEnd(0).Output, StringComparison.Ordinal);
        (await Run("disable", "acme")).ShouldEnd(0);

        var rows = (await Run("list")).ShouldEnd(0).Output.Split('\n');
        Assert.Contains(rows, row => row.Contains("acme", StringComparison.Ordinal) && row.Contains("disabled", StringComparison.Ordinal));
        Assert.Contains(rows, row => row.Contains("umbrella", StringComparison.Ordinal) && row.Contains("enabled", StringComparison.Ordinal));
        Assert.Equal([false, true], (await Run("list", "--json")).ShouldEnd(0).Json.AsArray().Select(tenant => tenant!["isActive"]!.GetValue<bool>()));

        Assert.True((await Run("enable", "acme", "--json")).ShouldEnd(0).Json["isActive"]!.GetValue<bool>());
        Assert.All(await new Tenants(database.DataSource).List(Ct), tenant => Assert.True(tenant.IsActive));

        (await Run("disable", "nobody")).ShouldFail("'nobody'");
        (await Run("add", "UPPER")).ShouldFail("'UPPER' is not a tenant id");
        (await HostCommand.Run(database.ConnectionString, "tenants")).ShouldFail("tenants add, tenants disable, tenants enable, tenants list");

        Task<HostCommand> Run(params string[] words) => HostCommand.Run(database.ConnectionString, ["tenants", .. words]);
    }

    [Fact]
    public async Task On_a_database_that_is_not_migrated_it_says_so()
    {
        await using var database = await postgres.CreateDatabase(Ct);

        (await HostCommand.Run(database.ConnectionString, "tenants", "list")).ShouldFail("run the migration");
    }
}
