using System.Net.Http.Headers;

namespace Monolith.Hosting.Tests;

/// <summary>Tokens of this machine's own issuer, which every host in Development believes.</summary>
internal static class Tokens
{
    private static readonly Lazy<DevelopmentIssuer> Issuer = new(() => DevelopmentIssuer.Open());

    public static string For(string? tenant, string user = "tester", string permissions = "notes:read notes:write", params string[] roles) =>
        Issuer.Value.Issue(tenant, user, permissions.Split(' '), roles);

    public static AuthenticationHeaderValue Bearer(string? tenant, string user = "tester", string permissions = "notes:read notes:write", params string[] roles) =>
        new("Bearer", For(tenant, user, permissions, roles));
}
