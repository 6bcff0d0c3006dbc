using System.Text;
using System.Text.Json.Nodes;

namespace Monolith.EndToEnd.Tests.Commands;

/// <summary>The command that prints a token.</summary>
[Collection(RunningHostCollection.Name)]
public sealed class TokenTests(RunningHost host)
{
    [Fact]
    public async Task What_it_prints_opens_what_was_asked_for_and_nothing_else()
    {
        var token = (await Print("--tenant", "acme", "--user", "grace", "--scope", "users:read,users:write", "--lifetime", "5m")).ShouldEnd(0).Output.TrimEnd();

        Assert.Equal(3, token.Split('.').Length);
        var header = ("Authorization", $"Bearer {token}");
        var name = Requests.UniqueName();
        var created = (await host.Post("/api/users", new { email = $"{name}@example.com", username = name, password = Requests.Password }, "demo", header)).ShouldBe(201);
        var history = (await host.Get($"{created["Location"]}/history", "acme")).ShouldBe(200).Json;
        Assert.Equal("grace", history["items"]![0]!["by"]!.ToString());
        (await host.Get("/api/accounts/5a3c9a3e-7f3c-4b63-a7a5-000000000000", "demo", header)).ShouldBeProblem(403, "forbidden");
        (await host.Get("/operations/projections", "demo", header)).ShouldBeProblem(403, "forbidden");
    }

    [Fact]
    public async Task For_programs_it_says_what_the_token_says()
    {
        var json = (await Print("--tenant", "demo", "--role", "operator", "--json")).ShouldEnd(0).Json;

        Assert.Equal(("demo", "developer", "operator"), (json["tenant"]!.ToString(), json["user"]!.ToString(), json["roles"]![0]!.ToString()));
        Assert.Equivalent(Tokens.Permissions, json["permissions"]!.AsArray().Select(permission => permission!.ToString()), strict: true);
        (await host.Get("/operations/projections", "demo", ("Authorization", $"Bearer {json["token"]}"))).ShouldBe(200);
        var claims = JsonNode.Parse(Encoding.UTF8.GetString(Base64(json["token"]!.ToString().Split('.')[1])))!;
        Assert.Equal(8 * 3600, claims["exp"]!.GetValue<long>() - claims["nbf"]!.GetValue<long>());
    }

    [Theory]
    [InlineData("--tenant", "no tenant", "is not a tenant id")]
    [InlineData("--scope", "users:everything", "is no permission here")]
    [InlineData("--lifetime", "31d", "is no lifetime")]
    [InlineData("--lifetime", "soon", "is no lifetime")]
    public async Task What_cannot_be_is_refused(string flag, string value, string reason) => (await Print(flag, value)).ShouldFail(reason);

    [Fact]
    public async Task In_Production_it_does_not_run() =>
        (await HostCommand.Run(host.Database.ConnectionString, "token", "--tenant", "demo")).ShouldFail("in Development only");

    [Fact]
    public async Task Help_says_what_it_takes()
    {
        var help = (await Print("--help")).ShouldEnd(0).Output;
        Assert.All((string[])["--tenant", "--user", "--scope", "--role", "--lifetime", "--json"], flag => Assert.Contains(flag, help, StringComparison.Ordinal));
    }

    private static Task<HostCommand> Print(params string[] words) => HostCommand.RunIn("Development", connectionString: null, ["token", .. words]);

    private static byte[] Base64(string url) => Convert.FromBase64String(url.Replace('-', '+').Replace('_', '/').PadRight((url.Length + 3) / 4 * 4, '='));
}
