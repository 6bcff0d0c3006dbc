using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Monolith.EventStore;
using Monolith.Testing;

namespace Monolith.Hosting.Tests;

[Collection(NotesHostCollection.Name)]
public sealed class TenantTests(NotesHost host, PostgresFixture postgres)
{
    private static StringContent Note => Answers.Json("""{"title":"a title","text":"a text"}""");

    [Fact]
    public async Task A_token_that_names_no_tenant_is_refused()
    {
        using var answer = await host.Send(HttpMethod.Post, "/api/notes", Note, tenant: null, ("Authorization", Tokens.Bearer(tenant: null).ToString()));
        await answer.AssertProblem(HttpStatusCode.Forbidden, "tenant_required");
    }

    [Fact]
    public async Task A_header_names_no_tenant()
    {
        using var nobody = await host.Send(HttpMethod.Post, "/api/notes", Note, tenant: null, ("X-Tenant-Id", "acme"));
        await nobody.AssertProblem(HttpStatusCode.Unauthorized, "unauthenticated");

        var id = Guid.CreateVersion7();
        using var set = await host.Send(HttpMethod.Put, $"/api/notes/pins/{id}?text=mine", tenant: "acme", headers: ("X-Tenant-Id", "globex"));
        using var foreign = await host.Send(HttpMethod.Get, $"/api/notes/pins/{id}", tenant: "globex");
        await foreign.AssertProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("ACME")]
    [InlineData("acme; drop table x")]
    public async Task An_unknown_tenant_is_refused(string tenant)
    {
        using var answer = await host.Send(HttpMethod.Post, "/api/notes", Note, tenant);
        await answer.AssertProblem(HttpStatusCode.Forbidden, "unknown_tenant");
    }

    [Fact]
    public async Task A_disabled_tenant_is_refused_until_it_is_enabled_again()
    {
        var ct = TestContext.Current.CancellationToken;
        var tenants = host.Services.GetRequiredService<Tenants>();
        await tenants.Add("sleeper", ct: ct);
        await tenants.Disable("sleeper", ct);
        using (var answer = await host.Send(HttpMethod.Get, $"/api/notes/pins/{Guid.NewGuid()}", tenant: "sleeper"))
        {
            await answer.AssertProblem(HttpStatusCode.Forbidden, "tenant_disabled");
        }

        await tenants.Enable("sleeper", ct);
        using var again = await host.Send(HttpMethod.Get, $"/api/notes/pins/{Guid.NewGuid()}", tenant: "sleeper");
        await again.AssertProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task Sessions_of_handlers_and_of_routes_see_only_the_tenant_of_the_request()
    {
        var id = Guid.CreateVersion7();
        using (var set = await host.Send(HttpMethod.Put, $"/api/notes/pins/{id}?text=mine"))
        {
            Assert.Equal(HttpStatusCode.NoContent, set.StatusCode);
        }

        foreach (var path in new[] { $"/api/notes/pins/{id}", $"/api/notes/pins/{id}/direct" })
        {
            using var own = await host.Send(HttpMethod.Get, path);
            Assert.Equal("mine", (await own.Body())?["text"]?.GetValue<string>());
            using var foreign = await host.Send(HttpMethod.Get, path, tenant: "globex");
            await foreign.AssertProblem(HttpStatusCode.NotFound, "not_found");
        }
    }

    [Fact]
    public async Task Outside_Development_neither_a_header_nor_this_machines_own_issuer_is_believed()
    {
        var ct = TestContext.Current.CancellationToken;
        await using var database = await postgres.CreateDatabase(ct);
        await using (var development = NotesHost.Build(database.ConnectionString, "Development"))
        {
            await development.StartAsync(ct);
            await development.Services.GetRequiredService<Tenants>().Add("acme", ct: ct);
            await development.StopAsync(ct);
        }

        await using var production = NotesHost.Build(database.ConnectionString, "Production", log: null, NotesHost.ProductionSettings);
        await production.StartAsync(ct);
        using var client = new HttpClient { BaseAddress = new(production.Urls.First()) };
        client.DefaultRequestHeaders.Add("X-Tenant-Id", "acme");
        using var answer = await client.PostAsync(new Uri("/api/notes", UriKind.Relative), Note, ct);
        await answer.AssertProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        client.DefaultRequestHeaders.Authorization = Tokens.Bearer("acme");
        using var forged = await client.PostAsync(new Uri("/api/notes", UriKind.Relative), Note, ct);
        await forged.AssertProblem(HttpStatusCode.Unauthorized, "invalid_token");
        using var health = await client.GetAsync(new Uri("/health/ready", UriKind.Relative), ct);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        await production.StopAsync(ct);
    }
}
