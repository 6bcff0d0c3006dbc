using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Monolith.EndToEnd.Tests.Security;

/// <summary>
/// An OpenID Connect issuer on the loopback, with https and a key of its own. Its tokens are put together by hand, so that they may be wrong in every way, and so that the host is not
/// measured with its own library.
/// </summary>
public sealed class TestAuthority : IAsyncDisposable
{
    public const string Audience = "monolith-production";
    private const string KeyId = "key-1";
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private readonly RSA key = RSA.Create(2048);
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("monolith-authority-");
    private readonly WebApplication app;

    private TestAuthority()
    {
        using var https = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", https, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var certificate = request.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(30));
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        app = builder.Build();
        app.MapGet("/.well-known/openid-configuration", () => new { issuer = Address, jwks_uri = $"{Address}/keys", authorization_endpoint = $"{Address}/authorize", token_endpoint = $"{Address}/token" });
        app.MapGet("/keys", () => Keys);
    }

    /// <summary>Where it is, which is also the issuer that its tokens name.</summary>
    public string Address => $"https://localhost:{new Uri(app.Urls.First()).Port}";

    /// <summary>Its certificate, for those who are to trust it: <c>SSL_CERT_FILE</c>.</summary>
    public string CertificateFile => Path.Combine(folder.FullName, "authority.pem");

    public string[] Settings => [$"--Authentication:Authority={Address}", $"--Authentication:Audience={Audience}"];

    public RSA PublicKey => RSA.Create(key.ExportParameters(includePrivateParameters: false));

    public static async Task<TestAuthority> Start()
    {
        var authority = new TestAuthority();
        await authority.app.StartAsync();
        return authority;
    }

    /// <summary>The claims of a good token, with every permission.</summary>
    public JsonObject Claims(string tenant = "demo", string user = "ada", params string[] roles) => new()
    {
        ["iss"] = Address,
        ["aud"] = Audience,
        ["sub"] = user,
        ["tenant"] = tenant,
        ["scope"] = string.Join(' ', Tokens.Permissions),
        ["roles"] = new JsonArray([.. roles.Select(role => (JsonNode)role)]),
        ["nbf"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 60,
        ["exp"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 3600,
    };

    /// <summary>A token of these claims, signed with its key.</summary>
    public string Sign(JsonObject claims) => Sign(claims, key);

    /// <summary>A token that says it is signed with its key, but is with another.</summary>
    public static string Sign(JsonObject claims, RSA key) =>
        Assemble(new JsonObject { ["alg"] = "RS256", ["kid"] = KeyId, ["typ"] = "JWT" }, claims, signed => key.SignData(signed, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    /// <summary>A token with this header and signature.</summary>
    public static string Assemble(JsonObject header, JsonObject claims, Func<byte[], byte[]> sign)
    {
        var content = $"{Encode(Encoding.UTF8.GetBytes(header.ToJsonString()))}.{Encode(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        return $"{content}.{Encode(sign(Encoding.ASCII.GetBytes(content)))}";
    }

    public AuthenticationHeaderValue Bearer(string tenant = "demo", string user = "ada", params string[] roles) => new("Bearer", Sign(Claims(tenant, user, roles)));

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        key.Dispose();
        folder.Delete(recursive: true);
    }

    private object Keys
    {
        get
        {
            var parameters = key.ExportParameters(includePrivateParameters: false);
            return new { keys = new[] { new { kty = "RSA", use = "sig", alg = "RS256", kid = KeyId, n = Encode(parameters.Modulus!), e = Encode(parameters.Exponent!) } } };
        }
    }

    private static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
