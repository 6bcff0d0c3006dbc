using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Monolith.Hosting;

namespace Monolith.EndToEnd.Tests.Security;

/// <summary>Tokens that must open nothing, against a host in Production.</summary>
[Collection(ProductionHostCollection.Name)]
public sealed class TokenAttackTests(ProductionHost host)
{
    private const string Route = "/api/users?pageSize=1";

    public static TheoryData<string, int, string> Attacks => new()
    {
        { "missing", 401, "unauthenticated" },
        { "blank", 401, "unauthenticated" },
        { "another scheme", 401, "unauthenticated" },
        { "in the query", 401, "unauthenticated" },
        { "in a cookie", 401, "unauthenticated" },
        { "expired", 401, "token_expired" },
        { "without expiry", 401, "invalid_token" },
        { "not yet valid", 401, "invalid_token" },
        { "forged with another key", 401, "invalid_token" },
        { "with changed claims", 401, "invalid_token" },
        { "with a cut signature", 401, "invalid_token" },
        { "without signature", 401, "invalid_token" },
        { "alg none", 401, "invalid_token" },
        { "alg None with signature", 401, "invalid_token" },
        { "HS256 with the public key as PEM", 401, "invalid_token" },
        { "HS256 with the public key as DER", 401, "invalid_token" },
        { "HS256 with the modulus", 401, "invalid_token" },
        { "with a key of its own", 401, "invalid_token" },
        { "with a key from elsewhere", 401, "invalid_token" },
        { "for another audience", 401, "invalid_token" },
        { "for no audience", 401, "invalid_token" },
        { "of another issuer", 401, "invalid_token" },
        { "of the development issuer", 401, "invalid_token" },
        { "random text", 401, "invalid_token" },
        { "without tenant", 403, "tenant_required" },
        { "with two tenants", 403, "tenant_required" },
        { "of an unknown tenant", 403, "unknown_tenant" },
        { "of a tenant in another case", 403, "unknown_tenant" },
        { "of a tenant that is SQL", 403, "unknown_tenant" },
        { "without permission", 403, "forbidden" },
        { "with a wildcard", 403, "forbidden" },
        { "with the permission of another module", 403, "forbidden" },
        { "with a permission that only begins alike", 403, "forbidden" },
    };

    [Fact]
    public async Task A_good_token_opens_what_it_is_for()
    {
        var (answer, text) = await host.Send(HttpMethod.Get, Route, host.Authority.Sign(host.Authority.Claims()));
        Assert.True((int)answer.StatusCode == 200, text);
    }

    [Theory]
    [MemberData(nameof(Attacks))]
    public async Task A_token_that_is_not_good_opens_nothing(string attack, int status, string code)
    {
        var claims = host.Authority.Claims();
        var good = host.Authority.Sign(claims);
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var (answer, text) = attack switch
        {
            "missing" => await host.Send(HttpMethod.Get, Route, token: null),
            "blank" => await host.Send(HttpMethod.Get, Route, token: null, headers: ("Authorization", "Bearer ")),
            "another scheme" => await host.Send(HttpMethod.Get, Route, token: null, headers: ("Authorization", $"Basic {good}")),
            "in the query" => await host.Send(HttpMethod.Get, $"{Route}&access_token={good}", token: null),
            "in a cookie" => await host.Send(HttpMethod.Get, Route, token: null, headers: ("Cookie", $"access_token={good}; Authorization=Bearer {good}")),
            "expired" => await Try(new(claims.Select(claim => KeyValuePair.Create(claim.Key, claim.Value?.DeepClone()))) { ["nbf"] = now - 3600 }, "exp", now - 120),
            "without expiry" => await Try(claims, "exp", null),
            "not yet valid" => await Try(claims, "nbf", now + 600),
            "forged with another key" => await Send(Forged(claims)),
            "with changed claims" => await Send(Changed(good, claims)),
            "with a cut signature" => await Send(good[..^10]),
            "without signature" => await Send(good[..(good.LastIndexOf('.') + 1)]),
            "alg none" => await Send(TestAuthority.Assemble(new() { ["alg"] = "none", ["typ"] = "JWT" }, claims, _ => [])),
            "alg None with signature" => await Send(TestAuthority.Assemble(new() { ["alg"] = "None", ["kid"] = "key-1" }, claims, _ => [1, 2, 3])),
            "HS256 with the public key as PEM" => await Send(Confused(claims, Encoding.ASCII.GetBytes(host.Authority.PublicKey.ExportSubjectPublicKeyInfoPem()))),
            "HS256 with the public key as DER" => await Send(Confused(claims, host.Authority.PublicKey.ExportSubjectPublicKeyInfo())),
            "HS256 with the modulus" => await Send(Confused(claims, host.Authority.PublicKey.ExportParameters(includePrivateParameters: false).Modulus!)),
            "with a key of its own" => await Send(WithOwnKey(claims)),
            "with a key from elsewhere" => await Send(WithForeignKey(claims)),
            "for another audience" => await Try(claims, "aud", "another"),
            "for no audience" => await Try(claims, "aud", null),
            "of another issuer" => await Try(claims, "iss", "https://evil.example.com"),
            "of the development issuer" => await Send(DevelopmentIssuer.Open().Issue("demo", "ada", Tokens.Permissions, ["operator"])),
            "random text" => await Send("a.b.c"),
            "without tenant" => await Try(claims, "tenant", null),
            "with two tenants" => await Try(claims, "tenant", new JsonArray("demo", "acme")),
            "of an unknown tenant" => await Try(claims, "tenant", "nobody"),
            "of a tenant in another case" => await Try(claims, "tenant", "DEMO"),
            "of a tenant that is SQL" => await Try(claims, "tenant", "demo' or '1'='1"),
            "without permission" => await Try(claims, "scope", null),
            "with a wildcard" => await Try(claims, "scope", "users:* *"),
            "with the permission of another module" => await Try(claims, "scope", "accounts:read accounts:write users:write"),
            "with a permission that only begins alike" => await Try(claims, "scope", "users:reader users:read,users:write"),
            _ => throw new ArgumentOutOfRangeException(nameof(attack), attack, "unknown"),
        };

        Assert.True(status == (int)answer.StatusCode, $"{(int)answer.StatusCode} {text}");
        Assert.Equal(code, JsonNode.Parse(text)!["code"]!.ToString());
        Assert.StartsWith("Bearer", status == 401 ? answer.Headers.WwwAuthenticate.Single().ToString() : "Bearer", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Operator", "")]
    [InlineData("admin", "")]
    [InlineData("operator,admin", "")]
    [InlineData("", "operator operations:write")]
    public async Task Nobody_becomes_an_operator_by_saying_something_like_it(string role, string scope)
    {
        var claims = host.Authority.Claims(roles: role.Length == 0 ? [] : [role]);
        claims["scope"] = $"{claims["scope"]} {scope}";
        claims["role"] = "operator";
        claims["http://schemas.microsoft.com/ws/2008/06/identity/claims/role"] = "operator";
        var token = host.Authority.Sign(claims);
        foreach (var (method, path) in ((HttpMethod, string)[])[(HttpMethod.Get, "/operations/projections"), (HttpMethod.Post, "/operations/projections/accounts.statements/pause")])
        {
            var (answer, text) = await host.Send(method, path, token, headers: [("X-Role", "operator"), ("X-User-Id", "root")]);
            Assert.True((int)answer.StatusCode == 403, text);
            Assert.Equal("forbidden", JsonNode.Parse(text)!["code"]!.ToString());
        }
    }

    [Fact]
    public async Task An_operator_is_no_user_of_a_tenant_and_a_user_no_operator()
    {
        var claims = host.Authority.Claims(roles: "operator");
        claims["scope"] = "";
        var (operations, text) = await host.Send(HttpMethod.Get, "/operations/projections", host.Authority.Sign(claims));
        Assert.True((int)operations.StatusCode == 200, text);
        var (users, _) = await host.Send(HttpMethod.Get, Route, host.Authority.Sign(claims));
        Assert.Equal(403, (int)users.StatusCode);
    }

    private Task<(HttpResponseMessage Answer, string Text)> Send(string token) => host.Send(HttpMethod.Get, Route, token);

    private Task<(HttpResponseMessage Answer, string Text)> Try(JsonObject claims, string claim, JsonNode? value)
    {
        if (value is null)
        {
            claims.Remove(claim);
        }
        else
        {
            claims[claim] = value;
        }

        return Send(host.Authority.Sign(claims));
    }

    private static string Forged(JsonObject claims)
    {
        using var own = RSA.Create(2048);
        return TestAuthority.Sign(claims, own);
    }

    private static string Changed(string good, JsonObject claims)
    {
        claims["tenant"] = "acme";
        var parts = good.Split('.');
        return $"{parts[0]}.{TestAuthority.Assemble([], claims, _ => []).Split('.')[1]}.{parts[2]}";
    }

    private static string Confused(JsonObject claims, byte[] secret) =>
        TestAuthority.Assemble(new() { ["alg"] = "HS256", ["kid"] = "key-1", ["typ"] = "JWT" }, claims, signed => HMACSHA256.HashData(secret, signed));

    // The attacker brings the key along, in the header.
    private static string WithOwnKey(JsonObject claims)
    {
        using var own = RSA.Create(2048);
        var parameters = own.ExportParameters(includePrivateParameters: false);
        var jwk = new JsonObject { ["kty"] = "RSA", ["n"] = Convert.ToBase64String(parameters.Modulus!), ["e"] = Convert.ToBase64String(parameters.Exponent!) };
        return TestAuthority.Assemble(
            new() { ["alg"] = "RS256", ["jwk"] = jwk }, claims, signed => own.SignData(signed, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    private static string WithForeignKey(JsonObject claims)
    {
        using var own = RSA.Create(2048);
        return TestAuthority.Assemble(
            new() { ["alg"] = "RS256", ["kid"] = "../../../dev/null", ["jku"] = "https://evil.example.com/keys", ["x5u"] = "https://evil.example.com/cert" },
            claims,
            signed => own.SignData(signed, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }
}
