namespace Monolith.EmbeddedPostgres.Tests;

public sealed class LeftoverTests : IDisposable
{
    private readonly TestFolder folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_server_of_a_killed_test_run_is_swept_by_the_next_start_and_a_living_one_is_not()
    {
        await using var living = await OtherHost.Start(OtherHost.Ephemeral, Ct, temporaries: folder.Path);
        await using var killed = await OtherHost.Start(OtherHost.Ephemeral, Ct, temporaries: folder.Path);
        await killed.Kill(Ct);
        Assert.StartsWith(folder.Path, killed.Told.DataDirectory, StringComparison.Ordinal);
        Assert.True(await Queries.Answers(killed.Told.ConnectionString!, Ct));

        await using var next = await OtherHost.Start(OtherHost.Ephemeral, Ct, temporaries: folder.Path);

        Assert.False(await Queries.Answers(killed.Told.ConnectionString!, Ct));
        Assert.False(Directory.Exists(killed.Told.DataDirectory));
        Assert.True(await Queries.Answers(living.Told.ConnectionString!, Ct));
    }

    [Fact]
    public async Task A_folder_that_another_user_laid_there_is_not_touched()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess, "Only root can give a folder away.");
        var trap = folder.In(ClusterFolder.EphemeralPrefix + "trap");
        Folders.Make(trap);
        await File.WriteAllTextAsync(Path.Combine(trap, "lease.lock"), "", Ct);
        await new ServerAccount("nobody").TakeOver(Ct, trap);

        await using var next = await OtherHost.Start(OtherHost.Ephemeral, Ct, temporaries: folder.Path);

        Assert.True(Directory.Exists(trap));
    }
}
