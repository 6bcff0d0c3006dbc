namespace Monolith.EmbeddedPostgres.Tests;

public sealed class OptionsTests
{
    public static TheoryData<EmbeddedPostgresOptions, string> Wrong => new()
    {
        { new() { Version = 14 }, nameof(EmbeddedPostgresOptions.Version) },
        { new() { Ephemeral = true, DataDirectory = "pg" }, nameof(EmbeddedPostgresOptions.DataDirectory) },
        { new() { DataDirectory = " " }, nameof(EmbeddedPostgresOptions.DataDirectory) },
        { new() { BundleDirectory = "" }, nameof(EmbeddedPostgresOptions.BundleDirectory) },
        { new() { MaxConnections = 9 }, nameof(EmbeddedPostgresOptions.MaxConnections) },
        { new() { MaxConnections = 10_001 }, nameof(EmbeddedPostgresOptions.MaxConnections) },
        { new() { OperatingSystemUser = "" }, nameof(EmbeddedPostgresOptions.OperatingSystemUser) },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_wrong_option_is_refused_by_name(EmbeddedPostgresOptions options, string name)
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(
            () => EmbeddedPostgresServer.Start(options, ct: TestContext.Current.CancellationToken));
        Assert.Equal(name, error.ParamName);
    }

    [Fact]
    public async Task The_data_folder_of_another_server_is_refused()
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.In("PG_VERSION"), "15", TestContext.Current.CancellationToken);

        var error = await Assert.ThrowsAsync<EmbeddedPostgresException>(
            () => EmbeddedPostgresServer.Start(new() { DataDirectory = folder.Path }, ct: TestContext.Current.CancellationToken));
        Assert.Contains(folder.Path, error.Message, StringComparison.Ordinal);
    }
}
