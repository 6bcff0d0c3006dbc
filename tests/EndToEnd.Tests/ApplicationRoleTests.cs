using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Alba;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Monolith.EndToEnd.Tests.Commands;
using Monolith.EndToEnd.Tests.Processes;
using Monolith.EventStore;
using Monolith.EventStore.Projections;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using Npgsql;

namespace Monolith.EndToEnd.Tests;

/// <summary>A database as <c>ops/postgres/roles.sql</c> and the command <c>migrate</c> leave it, and hosts that connect as the role that owns nothing.</summary>
public sealed class ApplicationRoleTests(PostgresFixture postgres)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static bool HasSignals => !OperatingSystem.IsWindows();

    [Fact(SkipUnless = nameof(HasSignals), Skip = "Needs signals.")]
    public async Task In_Production_the_host_starts_is_ready_and_projects()
    {
        await using var database = await Roles.Create(postgres);
        await database.Migrate();
        await using var host = await HostProcess.Start("Production", database.Settings);
        using var ready = await host.Client.GetAsync(new Uri("/health/ready", UriKind.Relative), Ct);
        Assert.Equal((HttpStatusCode.OK, "Healthy"), (ready.StatusCode, await ready.Content.ReadAsStringAsync(Ct)));

        // The authority of these settings issues nothing, so an account is opened beside the host, as the same role.
        await using var connections = NpgsqlDataSource.Create(ConnectionStrings.Tune(database.Application));
        await using var store = StoreOfModules.Open(connections);
        await store.Tenants.Add("acme", TenantPlacement.Dedicated, Ct);
        var account = await store.AddAccount("acme", events: 1, Ct);

        await database.Superuser.Until($"select exists (select from accounts.mt_doc_accountsummary where id = '{account.AggregateId}' and tenant_id = 'acme')", Deadline());
        Assert.Equal(0, await host.Stop());
        Assert.DoesNotContain("permission denied", host.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("could not be sampled", host.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_Development_on_a_prepared_database_it_writes_reads_and_rebuilds()
    {
        await using var database = await Roles.Create(postgres);
        await database.Migrate();
        await using var host = await AlbaHost.For<Program>(web =>
        {
            web.UseEnvironment("Development");
            web.UseSetting("ConnectionStrings:Monolith", database.Application);
            web.UseSetting("EventStore:ApplicationRole", database.ApplicationRole);
        });
        using var client = host.Server.CreateClient();
        client.DefaultRequestHeaders.Authorization = Tokens.Bearer("demo");

        using var opened = await client.PostAsJsonAsync("/api/accounts", new { holder = "Ada", currency = "EUR" }, Ct);
        Assert.Equal(HttpStatusCode.Created, opened.StatusCode);
        var account = opened.Headers.Location!.ToString();
        using var user = await client.PostAsJsonAsync("/api/users", new { email = "ada@example.com", username = "ada", password = "correct horse battery" }, Ct);
        Assert.Equal(HttpStatusCode.Created, user.StatusCode);
        Assert.Equal("Ada", (await Shown(client, account))["holder"]!.ToString());

        await database.Superuser.Execute("update accounts.mt_doc_accountsummary set data = jsonb_set(data, '{holder}', '\"Nobody\"')", Ct);
        var begun = await host.Services.GetRequiredService<ProjectionOperations>().RebuildAll(ct: Ct);
        Assert.Contains("accounts.account_summaries", begun);
        await database.Superuser.Until("select not exists (select from eventstore.projection_checkpoints where slot = 'shadow')", Deadline());

        Assert.Equal("Ada", (await Shown(client, account))["holder"]!.ToString());
        using var deposit = await client.PostAsJsonAsync($"{account}/deposits", new { amount = 5 }, Ct);
        Assert.Equal(HttpStatusCode.OK, deposit.StatusCode);
        Assert.Equal(5m, (await Shown(client, account, version: 2))["balance"]!.GetValue<decimal>());
        (await HostCommand.Run(database.Owner, ["migrate", "--check", .. database.RoleSetting])).ShouldEnd(0);
    }

    [Fact]
    public async Task The_roles_script_may_be_run_again_and_leaves_the_application_nothing_of_the_owner()
    {
        await using var database = await Roles.Create(postgres);
        await database.Prepare();
        await database.Migrate();
        await database.Prepare();
        await using var application = NpgsqlDataSource.Create(database.Application);
        foreach (var statement in (string[])
            [
                "create schema mine", "create table public.mine (id int)", "create temporary table mine (id int)", "create table users.mine (id int)",
                "delete from eventstore.events", "drop table users.mt_doc_userprofile", "truncate users.mt_doc_userprofile", "drop table wolverine.wolverine_nodes",
                "create extension pgcrypto",
            ])
        {
            var refusal = await Assert.ThrowsAsync<PostgresException>(() => application.Execute(statement, Ct));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refusal.SqlState);
        }

        (await HostCommand.Run(database.Application, "migrate", "--EventStore:PoolShards=4")).ShouldEnd(0);
        await database.Superuser.Execute("drop table users.mt_doc_userprofile", Ct);
        (await HostCommand.Run(database.Application, "migrate")).ShouldFail("owner");
    }

    [Fact]
    public async Task Commands_that_are_the_owners_say_so_under_the_role_and_the_others_work()
    {
        await using var database = await Roles.Create(postgres);
        await database.Migrate();
        (await HostCommand.Run(database.Application, "tenants", "add", "acme", "--dedicated")).ShouldEnd(0);

        (await HostCommand.Run(database.Application, "tenants", "move", "acme", "pool")).ShouldFail("Moving a tenant is the owner's of the schema");
        (await HostCommand.Run(database.Application, "tenants", "drop", "acme", "--yes")).ShouldFail("Dropping a tenant is the owner's of the schema");
        (await HostCommand.Run(database.Application, "archive", "acme", "account", Guid.NewGuid().ToString())).ShouldFail("Archiving a stream is the owner's of the schema");

        var tenant = Assert.Single((await HostCommand.Run(database.Application, "tenants", "list", "--json")).ShouldEnd(0).Json.AsArray())!;
        Assert.Equal(("acme", "active"), (tenant["id"]!.ToString(), tenant["status"]!.ToString()));
        (await HostCommand.Run(database.Owner, "tenants", "drop", "acme", "--yes")).ShouldEnd(0);
    }

    [Fact]
    public async Task A_migration_names_what_the_role_lacks_and_refuses_a_role_that_owns_the_schema()
    {
        await using var database = await Roles.Create(postgres);
        (await HostCommand.Run(database.Owner, "migrate")).ShouldEnd(0);

        var check = (await HostCommand.Run(database.Owner, ["migrate", "--check", .. database.RoleSetting])).ShouldEnd(1);
        Assert.Contains("privileges of the role", check.Output, StringComparison.Ordinal);
        var script = (await HostCommand.Run(database.Owner, ["migrate", "--script", .. database.RoleSetting])).ShouldEnd(0).Output;
        await using (var owner = NpgsqlDataSource.Create(database.Owner))
        {
            await owner.Execute(script, Ct);
        }

        (await HostCommand.Run(database.Owner, ["migrate", "--check", .. database.RoleSetting])).ShouldEnd(0);
        (await HostCommand.Run(database.Owner, "migrate", $"--EventStore:ApplicationRole={database.OwnerRole}")).ShouldFail("owner of the event store");
        (await HostCommand.Run(database.Owner, "migrate", "--EventStore:ApplicationRole=nobody_at_all")).ShouldFail("nobody_at_all");
    }

    private static CancellationToken Deadline()
    {
        var deadline = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        deadline.CancelAfter(Patience);
        return deadline.Token;
    }

    private static async Task<JsonNode> Shown(HttpClient client, string path, long version = 1)
    {
        var deadline = Deadline();
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        do
        {
            using var answer = await client.GetAsync(new Uri(path, UriKind.Relative), deadline);
            if (answer.StatusCode == HttpStatusCode.OK
                && await answer.Content.ReadFromJsonAsync<JsonNode>(deadline) is { } view
                && view["version"]!.GetValue<long>() >= version)
            {
                return view;
            }
        }
        while (await again.WaitForNextTickAsync(deadline));
        throw new TimeoutException();
    }
}
