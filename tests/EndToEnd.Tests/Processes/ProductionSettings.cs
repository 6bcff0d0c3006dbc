using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Monolith.EndToEnd.Tests.Processes;

/// <summary>What a host demands in Production beside a database: an authority, which is asked only when a token comes, and where the keys of secrets lie.</summary>
internal static class ProductionSettings
{
    public const string Password = "of-tests";
    private static readonly Lazy<string> Folder = new(MakeFolder);

    /// <summary>A certificate, which opens with the password.</summary>
    public static string CertificateFile => Path.Combine(Folder.Value, "secrets.pfx");

    public static string[] All =>
    [
        "--Authentication:Authority=https://login.example.com", "--Authentication:Audience=monolith",
        $"--Secrets:KeyFolder={Path.Combine(Folder.Value, "keys")}", $"--Secrets:CertificateFile={CertificateFile}", $"--Secrets:CertificatePassword={Password}",
    ];

    private static string MakeFolder()
    {
        var folder = Directory.CreateTempSubdirectory("monolith-secrets-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=monolith-tests", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        File.WriteAllBytes(Path.Combine(folder, "secrets.pfx"), certificate.Export(X509ContentType.Pkcs12, Password));
        return folder;
    }
}
