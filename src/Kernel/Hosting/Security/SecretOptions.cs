namespace Monolith.Hosting;

/// <summary>
/// With what secrets are encrypted that the host must be able to read again: the section <c>Secrets</c> of the configuration. They are encrypted with the keys of a
/// ring (ASP.NET Core Data Protection), and these with a certificate.
/// </summary>
public sealed class SecretOptions
{
    internal const string Section = "Secrets";

    /// <summary>The folder of the key ring, which all hosts share. In Development it may be left out: then it is <c>monolith/keys</c> in the local application data folder.</summary>
    public string? KeyFolder { get; set; }

    /// <summary>The certificate that the keys are encrypted with: a PKCS #12 file with its private RSA key. In Development it may be left out: then the folder is all that guards them.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>The password of the certificate's file.</summary>
    public string? CertificatePassword { get; set; }

    /// <summary>Throws unless every value is of its form.</summary>
    /// <exception cref="ArgumentException">One is not; the message names it.</exception>
    public void Validate()
    {
        Check(KeyFolder is null || !string.IsNullOrWhiteSpace(KeyFolder), nameof(KeyFolder), "must be a folder");
        Check(CertificateFile is null || File.Exists(CertificateFile), nameof(CertificateFile), "must be a file that exists");
        Check(CertificateFile is null || KeyFolder is not null, nameof(KeyFolder), "must be given with a certificate");
    }

    private static void Check(bool valid, string name, string expected)
    {
        if (!valid)
        {
            throw new ArgumentException($"{Section}:{name} {expected}.", name);
        }
    }
}
