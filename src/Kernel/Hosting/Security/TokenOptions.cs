using Microsoft.Extensions.Hosting;

namespace Monolith.Hosting;

/// <summary>Whose tokens are believed, and where they say what: the section <c>Authentication</c> of the configuration.</summary>
public sealed class TokenOptions
{
    internal const string Section = "Authentication";

    /// <summary>
    /// The OpenID Connect issuer, an https address: its keys are read from <c>/.well-known/openid-configuration</c> below it. In Development it may be left out:
    /// then the machine's own issuer is believed, see <see cref="DevelopmentIssuer"/>.
    /// </summary>
    public string? Authority { get; set; }

    /// <summary>Whom a token must be meant for.</summary>
    public string? Audience { get; set; }

    /// <summary>The claim with the tenant's id.</summary>
    public string TenantClaim { get; set; } = "tenant";

    /// <summary>The claim with the permissions, such as <c>users:read users:write</c>: one text with blanks between, or a list.</summary>
    public string PermissionClaim { get; set; } = "scope";

    /// <summary>The claim with the roles.</summary>
    public string RoleClaim { get; set; } = "roles";

    /// <summary>The file with the key of the machine's own issuer, in Development only. Null: <c>monolith/development-key.pem</c> in the local application data folder.</summary>
    public string? DevelopmentKey { get; set; }

    /// <summary>Throws unless every value is of its form.</summary>
    /// <exception cref="ArgumentException">One is not; the message names it.</exception>
    public void Validate()
    {
        Check(Authority is null || IsHttps(Authority), nameof(Authority), "must be an https address");
        Check(Audience is null || !string.IsNullOrWhiteSpace(Audience), nameof(Audience), "must not be blank");
        Check(Authority is null || Audience is not null, nameof(Audience), "must be given with an authority");
        Check(!string.IsNullOrWhiteSpace(TenantClaim), nameof(TenantClaim), "must not be blank");
        Check(!string.IsNullOrWhiteSpace(PermissionClaim), nameof(PermissionClaim), "must not be blank");
        Check(!string.IsNullOrWhiteSpace(RoleClaim), nameof(RoleClaim), "must not be blank");
        Check(DevelopmentKey is null || !string.IsNullOrWhiteSpace(DevelopmentKey), nameof(DevelopmentKey), "must be a file; leave it out to have the default");
    }

    /// <summary>Whether the machine's own issuer is the one that is believed.</summary>
    internal bool TrustsDevelopmentIssuer(IHostEnvironment environment) => environment.IsDevelopment() && Authority is null;

    internal static bool IsHttps(string address) => Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps;

    private static void Check(bool valid, string name, string expected)
    {
        if (!valid)
        {
            throw new ArgumentException($"{Section}:{name} {expected}.", name);
        }
    }
}
