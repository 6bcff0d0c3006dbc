using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting.Internal;

namespace Monolith.Hosting.Tests;

public sealed class OperatorAccessTests
{
    [Theory]
    [InlineData("Production", false, "", 401)]
    [InlineData("Production", true, "", 403)]
    [InlineData("Production", true, "auditor", 403)]
    [InlineData("Production", true, "operator", 200)]
    [InlineData("Staging", false, "operator", 401)]
    [InlineData("Development", false, "", 200)]
    public async Task Only_operators_do_what_is_theirs_outside_Development(string environment, bool isAuthenticated, string role, int status)
    {
        Assert.Equal(status, await Ask(environment, Caller(isAuthenticated, role), new NeedsOperator()));
        Assert.Equal(200, await Ask(environment, Caller(isAuthenticated, role)));
    }

    [Fact]
    public void Who_decides_is_known_by_the_token_else_by_the_header_of_a_developer()
    {
        var http = new DefaultHttpContext();
        Assert.Equal("an operator", OperatorAccess.NameOf(http));
        http.Request.Headers["X-User-Id"] = "ada";
        Assert.Equal("ada", OperatorAccess.NameOf(http));
        http.User = Caller(isAuthenticated: true, "operator");
        Assert.Equal("grace", OperatorAccess.NameOf(http));
    }

    private static async Task<int> Ask(string environment, ClaimsPrincipal caller, params object[] metadata)
    {
        await using var services = new ServiceCollection().BuildServiceProvider();
        var http = new DefaultHttpContext { User = caller, RequestServices = services, Response = { Body = new MemoryStream() } };
        http.SetEndpoint(new Endpoint(_ => Task.CompletedTask, new(metadata), "a route"));
        await new OperatorAccess(_ => Task.CompletedTask, new HostingEnvironment { EnvironmentName = environment }).InvokeAsync(http);
        return http.Response.StatusCode;
    }

    private static ClaimsPrincipal Caller(bool isAuthenticated, string role) => new(new ClaimsIdentity(
        isAuthenticated ? [new(ClaimTypes.Name, "grace"), new(ClaimTypes.Role, role)] : [],
        isAuthenticated ? "test" : null));
}
