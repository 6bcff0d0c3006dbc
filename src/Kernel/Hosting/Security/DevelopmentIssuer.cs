using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Monolith.Hosting;

/// <summary>
/// Issues tokens on a developer's machine. Its key is made on first use, lies in the local application data folder, and may be read by its owner alone. A host believes it in
/// Development only, and only when no authority is configured.
/// </summary>
public sealed class DevelopmentIssuer
{
    /// <summary>The issuer that its tokens name.</summary>
    public const string Name = "monolith-development";

    /// <summary>Whom its tokens are meant for.</summary>
    public const string Audience = "monolith";

    /// <summary>How long a token may live at most.</summary>
    public static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(30);

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const int MostAttempts = 500;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly ECDsaSecurityKey key;

    private DevelopmentIssuer(ECDsaSecurityKey key) => this.key = key;

    /// <summary>The key that its tokens are verified with.</summary>
    internal SecurityKey Key => key;

    /// <summary>The issuer of this machine, or of a key file; the key is made when there is none.</summary>
    /// <param name="keyFile">The file; null for the one in the local application data folder.</param>
    /// <exception cref="InvalidSettingException">The file holds no such key, cannot be made, or may be read by others.</exception>
    public static DevelopmentIssuer Open(string? keyFile = null)
    {
        var file = keyFile ?? Path.Combine(LocalFolder.Path, "development-key.pem");
        try
        {
            if (!File.Exists(file))
            {
                Make(file);
            }

            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & ~OwnerOnly) != UnixFileMode.None)
            {
                throw new InvalidSettingException($"The key of the development issuer may be used by its owner alone, but others may open it: chmod 600 {file}");
            }

            return new(Read(file));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new InvalidSettingException($"The key of the development issuer cannot be had from {file}: {error.Message}", error);
        }
    }

    /// <summary>A token, valid from now on.</summary>
    /// <param name="tenant">The tenant to work for; null for none.</param>
    /// <param name="user">Who works.</param>
    /// <param name="permissions">What the user may do.</param>
    /// <param name="roles">The user's roles.</param>
    /// <param name="lifetime">How long it is valid, up to <see cref="LongestLifetime"/>; null for 8 hours.</param>
    public string Issue(string? tenant, string user, IEnumerable<string> permissions, IEnumerable<string>? roles = null, TimeSpan? lifetime = null)
    {
        var valid = lifetime ?? TimeSpan.FromHours(8);
        ArgumentOutOfRangeException.ThrowIfLessThan(valid, TimeSpan.FromSeconds(1), nameof(lifetime));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(valid, LongestLifetime, nameof(lifetime));
        var names = new TokenOptions();
        var claims = new Dictionary<string, object>(StringComparer.Ordinal) { ["sub"] = user, [names.PermissionClaim] = string.Join(' ', permissions) };
        if (tenant is not null)
        {
            claims[names.TenantClaim] = tenant;
        }

        if (roles?.ToArray() is { Length: > 0 } given)
        {
            claims[names.RoleClaim] = given;
        }

        var now = DateTime.UtcNow;
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Name,
            Audience = Audience,
            IssuedAt = now,
            NotBefore = now,
            Expires = now + valid,
            Claims = claims,
            SigningCredentials = new(key, SecurityAlgorithms.EcdsaSha256),
        });
    }

    // Several hosts may start at once on a new machine: the first to hold the lock makes the key, and the others read that one.
    private static void Make(string file)
    {
        LocalFolder.Make(Path.GetDirectoryName(Path.GetFullPath(file))!);
        using var alone = Lock(file + ".lock");
        if (File.Exists(file))
        {
            return;
        }

        using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var aside = file + ".new";
        File.Delete(aside);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using (var writer = new StreamWriter(aside, options))
        {
            writer.WriteLine(made.ExportPkcs8PrivateKeyPem());
        }

        File.Move(aside, file);
    }

    private static FileStream Lock(string file)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return new(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (attempt < MostAttempts)
            {
                Thread.Sleep(Pause);
            }
        }
    }

    private static ECDsaSecurityKey Read(string file)
    {
        var stored = ECDsa.Create();
        stored.ImportFromPem(File.ReadAllText(file));
        return new(stored) { KeyId = Base64UrlEncoder.Encode(SHA256.HashData(stored.ExportSubjectPublicKeyInfo()))[..16] };
    }
}
