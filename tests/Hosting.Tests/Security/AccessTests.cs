using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Monolith.EventSourcing;

namespace Monolith.Hosting.Tests.Security;

/// <summary>Which token opens which route.</summary>
[Collection(NotesHostCollection.Name)]
public sealed class AccessTests(NotesHost host)
{
    private static readonly string[] Open = ["/health/live", "/health/ready", "/openapi/{documentName}.json"];

    [Theory]
    [InlineData("GET", "/api/notes/pins/5a3c9a3e-7f3c-4b63-a7a5-000000000000", "notes:read", 404)]
    [InlineData("GET", "/api/notes/pins/5a3c9a3e-7f3c-4b63-a7a5-000000000000", "notes:write", 403)]
    [InlineData("GET", "/api/notes/pins/5a3c9a3e-7f3c-4b63-a7a5-000000000000", "users:read", 403)]
    [InlineData("GET", "/api/notes/pins/5a3c9a3e-7f3c-4b63-a7a5-000000000000", "NOTES:READ", 403)]
    [InlineData("PUT", "/api/notes/pins/5a3c9a3e-7f3c-4b63-a7a5-000000000001?text=x", "notes:write", 204)]
    [InlineData("PUT", "/api/notes/pins/5a3c9a3e-7f3c-4b63-a7a5-000000000001?text=x", "notes:read", 403)]
    [InlineData("POST", "/api/notes/searches", "notes:read", 200)]
    [InlineData("POST", "/api/notes/searches", "notes:write", 403)]
    [InlineData("GET", "/api/notes/audit", "notes:read notes:write", 403)]
    [InlineData("GET", "/api/notes/audit", "notes:audit", 200)]
    public async Task A_route_asks_for_read_or_write_by_its_method_unless_it_says_otherwise(string method, string path, string permissions, int status)
    {
        using var answer = await host.Send(new(method), path, tenant: null, headers: ("Authorization", Tokens.Bearer("acme", permissions: permissions).ToString()));

        Assert.Equal(status, (int)answer.StatusCode);
        if (status == 403)
        {
            await answer.AssertProblem(HttpStatusCode.Forbidden, "forbidden");
            Assert.Contains("insufficient_scope", answer.Headers.WwwAuthenticate.Single().Parameter, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(false, "", 401)]
    [InlineData(true, "", 403)]
    [InlineData(true, "auditor", 403)]
    [InlineData(true, "Operator", 403)]
    [InlineData(true, "operator", 200)]
    public async Task Only_operators_do_what_is_theirs_in_Development_too(bool hasToken, string role, int status)
    {
        var token = Tokens.Bearer("acme", "grace", "notes:read notes:write operator", role).ToString();
        using var answer = await host.Send(HttpMethod.Get, "/operations/projections", tenant: null, headers: hasToken ? [("Authorization", token)] : []);

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Who_sends_nothing_and_who_sends_nonsense_are_told_apart()
    {
        using var nothing = await host.Send(HttpMethod.Get, "/api/notes/audit", tenant: null);
        await nothing.AssertProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        Assert.Equal("Bearer", nothing.Headers.WwwAuthenticate.Single().ToString());

        using var nonsense = await host.Send(HttpMethod.Get, "/api/notes/audit", tenant: null, headers: ("Authorization", "Bearer nonsense"));
        await nonsense.AssertProblem(HttpStatusCode.Unauthorized, "invalid_token");
        Assert.Equal("""Bearer error="invalid_token" """.TrimEnd(), nonsense.Headers.WwwAuthenticate.Single().ToString());
    }

    [Fact]
    public void Every_route_asks_for_a_token_unless_it_is_known_to_be_open_to_all()
    {
        var routes = host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().ToList();

        Assert.True(routes.Count > Open.Length);
        Assert.Equal(
            Open.Order(StringComparer.Ordinal),
            routes.Where(route => route.Metadata.GetMetadata<IAuthorizeData>() is null).Select(route => route.RoutePattern.RawText!).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_route_that_asks_for_what_its_module_does_not_declare_is_a_mistake_of_the_module()
    {
        await using var app = WebApplication.CreateSlimBuilder().Build();
        app.MapGroup("/api/notes").DemandPermissions(new Sample.NotesModule()).MapGet("/", () => "x").Requires("notes:everything");

        var mistake = Assert.Throws<InvalidModelException>(() => ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).ToList());
        Assert.Contains("notes:everything", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_decides_is_as_the_token_says()
    {
        Assert.Equal("an operator", OperatorAccess.NameOf(new DefaultHttpContext()));
        var grace = new ClaimsPrincipal(new ClaimsIdentity([new("sub", "grace")], "test", "sub", "roles"));
        Assert.Equal("grace", OperatorAccess.NameOf(new DefaultHttpContext { User = grace }));
    }
}
