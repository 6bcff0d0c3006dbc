using Microsoft.Extensions.Logging.Abstractions;

namespace Monolith.EmbeddedPostgres.Tests;

public sealed class SourcesTests : IDisposable
{
    private static readonly Sources Nothing = new(() => [], Npm: null);

    private readonly TestFolder folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task When_nothing_is_found_the_error_lists_four_remedies_and_what_was_tried()
    {
        var options = new EmbeddedPostgresOptions { DataDirectory = folder.In("pg"), BundleDirectory = folder.In("bundles") };

        var error = await Assert.ThrowsAsync<EmbeddedPostgresException>(() => EmbeddedPostgresServer.Start(options, Nothing, logger: null, Ct));

        foreach (var part in new[] { "connection string", "install PostgreSQL 15", "install npm", "start Docker", "npm: is not on the PATH", folder.In("bundles") })
        {
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_existing_data_folder_decides_the_version()
    {
        await using (await EmbeddedPostgresServer.Start(new() { DataDirectory = folder.In("pg") }, ct: Ct))
        {
        }

        var made = ClusterFolder.At(folder.In("pg")).Major!.Value;
        var other = new EmbeddedPostgresOptions { DataDirectory = folder.In("pg"), BundleDirectory = folder.In("bundles"), Version = made + 1 };
        await using (var server = await EmbeddedPostgresServer.Start(other, ct: Ct))
        {
            Assert.StartsWith($"{made}.", server.Version, StringComparison.Ordinal);
        }

        var error = await Assert.ThrowsAsync<EmbeddedPostgresException>(() => EmbeddedPostgresServer.Start(other, Nothing, logger: null, Ct));
        Assert.Contains($"PostgreSQL {made} was found", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_installed_version_that_suits_is_taken()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The programs of this test are shell scripts.");
        var sources = new Sources(() => [Installed("14.9"), Installed("broken"), Installed("16.2"), Installed("17.1")], Npm: null);
        var bundles = new Bundles(folder.In("bundles"), ServerAccount.Own, NullLogger.Instance);

        Assert.Equal("16.2", (await sources.Find(wanted: null, bundles, ServerAccount.Own, Ct)).Version);
        Assert.Equal("17.1", (await sources.Find(wanted: 17, bundles, ServerAccount.Own, Ct)).Version);
        var error = await Assert.ThrowsAsync<EmbeddedPostgresException>(() => sources.Find(wanted: 18, bundles, ServerAccount.Own, Ct));
        Assert.Contains("is version 14.9", error.Message, StringComparison.Ordinal);
        Assert.Contains("broken: postgres --version failed: out of order", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PGBIN_comes_before_everything_else()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The programs of this test are shell scripts.");
        var named = Installed("15.1");
        Environment.SetEnvironmentVariable("PGBIN", named);
        try
        {
            Assert.Equal(named, InstalledBinaries.OnThisMachine().First());
        }
        finally
        {
            Environment.SetEnvironmentVariable("PGBIN", null);
        }
    }

    private string Installed(string version)
    {
        var directory = folder.In(version);
        Folders.Make(directory);
        foreach (var name in new[] { "postgres", "initdb", "pg_ctl" })
        {
            var script = version == "broken" ? "echo out of order; exit 1" : $"echo 'postgres (PostgreSQL) {version} (Test)'";
            File.WriteAllText(Path.Combine(directory, name), $"#!/bin/sh\n{script}\n");
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(Path.Combine(directory, name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }

        return directory;
    }
}
