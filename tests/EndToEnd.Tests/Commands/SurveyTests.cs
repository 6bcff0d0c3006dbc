using Monolith.Testing;
using Monolith.Testing.Conformance;

namespace Monolith.EndToEnd.Tests.Commands;

public sealed class SurveyTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sizes_are_told_by_type_and_hosts_by_what_they_run()
    {
        await using var database = await StoreOfModules.CreateMigrated(postgres, Ct);
        await using var store = StoreOfModules.Open(database.DataSource);
        await store.Tenants.Add("acme", ct: Ct);
        await store.AddAccount("acme", events: 20, Ct);
        await database.DataSource.Execute("analyze", Ct);

        var sizes = (await HostCommand.Run(database.ConnectionString, "store", "sizes", "--json")).ShouldEnd(0).Json.AsArray();
        Assert.Superset(new HashSet<string>(["account", "user"], StringComparer.Ordinal), sizes.Select(type => type!["aggregateType"]!.ToString()).ToHashSet(StringComparer.Ordinal));
        Assert.Equal(20, sizes.Max(type => type!["events"]!.GetValue<long>()));
        Assert.All(sizes, type => Assert.True(type!["eventBytes"]!.GetValue<long>() > 0));
        Assert.Contains("KiB", (await HostCommand.Run(database.ConnectionString, "store", "sizes")).ShouldEnd(0).Output, StringComparison.Ordinal);

        Assert.Equal("No host is alive.", (await HostCommand.Run(database.ConnectionString, "hosts", "list")).ShouldEnd(1).Output.Trim());
        await database.DataSource.Execute(
            "insert into eventstore.projection_hosts (host, projections, started_at, expires_at) values ('one:1:0', '{}', now(), now() + interval '1 hour')", Ct);
        var host = Assert.Single((await HostCommand.Run(database.ConnectionString, "hosts", "list", "--json")).ShouldEnd(0).Json.AsArray())!;
        Assert.Equal(("one:1:0", 0), (host["name"]!.ToString(), host["shards"]!.GetValue<int>()));
    }
}
