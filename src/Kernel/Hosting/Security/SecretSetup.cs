using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Monolith.Hosting;

/// <summary>Encrypts what modules keep secret: they take an <see cref="IDataProtectionProvider"/>.</summary>
internal static class SecretSetup
{
    private const string Application = "monolith";

    /// <summary>Adds it. A folder or a certificate that cannot be used is noted as a mistake of the configuration.</summary>
    public static void AddSecrets(this IServiceCollection services, SecretOptions options, IConfiguration configuration, IHostEnvironment environment)
    {
        var protection = services.AddDataProtection().SetApplicationName(Application);
        var folder = options.KeyFolder ?? (environment.IsDevelopment() ? Path.Combine(LocalFolder.Path, "keys") : null);
        if (folder is not null && Use($"{SecretOptions.Section}:{nameof(SecretOptions.KeyFolder)}", () => LocalFolder.Make(folder)))
        {
            protection.PersistKeysToFileSystem(new(folder));
        }

        if (options.CertificateFile is { } file)
        {
            Use(
                $"{SecretOptions.Section}:{nameof(SecretOptions.CertificateFile)} with {SecretOptions.Section}:{nameof(SecretOptions.CertificatePassword)}",
                () => protection.ProtectKeysWithCertificate(Read(file, options.CertificatePassword)));
        }

        bool Use(string setting, Action use)
        {
            try
            {
                use();
                return true;
            }
            catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
            {
                configuration.AddMistake($"{setting} cannot be used: {error.Message}");
                return false;
            }
        }
    }

    private static X509Certificate2 Read(string file, string? password)
    {
        var certificate = X509CertificateLoader.LoadPkcs12FromFile(file, password, X509KeyStorageFlags.EphemeralKeySet);
        using var key = certificate.GetRSAPrivateKey();
        return key is not null ? certificate : throw new CryptographicException("it holds no private RSA key.");
    }
}
