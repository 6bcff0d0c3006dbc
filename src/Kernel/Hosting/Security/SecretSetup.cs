using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Monolith.Hosting;

/// <summary>Encrypts what modules keep secret: they take an <see cref="IDataProtectionProvider"/>.</summary>
internal static class SecretSetup
{
    private const string Application = "monolith";

    /// <exception cref="InvalidSettingException">The certificate cannot be used.</exception>
    public static void AddSecrets(this IServiceCollection services, SecretOptions options, IHostEnvironment environment)
    {
        var protection = services.AddDataProtection().SetApplicationName(Application);
        var folder = options.KeyFolder ?? (environment.IsDevelopment() ? Path.Combine(LocalFolder.Path, "keys") : null);
        if (folder is not null)
        {
            LocalFolder.Make(folder);
            protection.PersistKeysToFileSystem(new(folder));
        }

        if (options.CertificateFile is { } file)
        {
            protection.ProtectKeysWithCertificate(Read(file, options.CertificatePassword));
        }
    }

    private static X509Certificate2 Read(string file, string? password)
    {
        try
        {
            var certificate = X509CertificateLoader.LoadPkcs12FromFile(file, password, X509KeyStorageFlags.EphemeralKeySet);
            using var key = certificate.GetRSAPrivateKey();
            return key is not null ? certificate : throw new InvalidSettingException($"{SecretOptions.Section}:{nameof(SecretOptions.CertificateFile)} holds no private RSA key.");
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidSettingException($"{SecretOptions.Section}:{nameof(SecretOptions.CertificateFile)} cannot be opened: {error.Message}", error);
        }
    }
}
