namespace Monolith.EmbeddedPostgres.Tests;

public sealed class AccountTests : IDisposable
{
    private const string NotRoot = "These tests do not run as root.";

    private readonly TestFolder folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static bool IsRoot => !OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Root_runs_the_server_as_postgres_or_else_as_nobody()
    {
        Assert.SkipUnless(IsRoot, NotRoot);
        await using var server = await EmbeddedPostgresServer.Start(new() { DataDirectory = folder.In("pg") }, ct: Ct);

        var expected = await Exists("postgres") ? "postgres" : "nobody";
        Assert.Equal(expected, await OwnerOf(folder.In("pg", "data", "postmaster.pid")));
        Assert.Equal("root", await OwnerOf(folder.In("pg")));
    }

    [Fact]
    public async Task Root_keeps_the_user_of_an_existing_folder_and_changes_it_on_request()
    {
        Assert.SkipUnless(IsRoot, NotRoot);
        var options = new EmbeddedPostgresOptions { DataDirectory = folder.In("pg") };
        foreach (var (asked, expected) in new[] { ("nobody", "nobody"), (null, "nobody"), ("postgres", "postgres") })
        {
            Assert.SkipUnless(await Exists(expected), $"There is no user {expected}.");
            await using var server = await EmbeddedPostgresServer.Start(options with { OperatingSystemUser = asked }, ct: Ct);
            Assert.Equal(expected, await OwnerOf(folder.In("pg", "data", "postmaster.pid")));
        }
    }

    [Fact]
    public async Task A_server_joined_under_another_user_is_stopped_as_the_one_it_runs_as()
    {
        Assert.SkipUnless(IsRoot, NotRoot);
        Assert.SkipUnless(await Exists("postgres"), "There is no user postgres.");
        var options = new EmbeddedPostgresOptions { DataDirectory = folder.In("pg") };
        var first = await EmbeddedPostgresServer.Start(options with { OperatingSystemUser = "nobody" }, ct: Ct);
        var second = await EmbeddedPostgresServer.Start(options with { OperatingSystemUser = "postgres" }, ct: Ct);
        await first.DisposeAsync();
        await second.DisposeAsync();

        Assert.False(await Queries.Answers(second.ConnectionString, Ct));
    }

    [Fact]
    public async Task An_ordinary_user_runs_it_as_himself()
    {
        Assert.SkipUnless(IsRoot, "These tests run as an ordinary user already.");
        Assert.SkipWhen(Folders.ClosedToOthers(OtherHost.DotnetRoot) is not null, $"Only root may run .NET in {OtherHost.DotnetRoot}.");
        var home = folder.In("home");
        Folders.Make(home);
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory))
        {
            File.Copy(file, Path.Combine(home, Path.GetFileName(file)));
        }

        await new ServerAccount("nobody").TakeOver(Ct, home);
        var pg = Path.Combine(home, "pg");

        await using (var first = await OtherHost.Start(pg, Ct, user: "nobody", home: home))
        {
            Assert.Null(first.Told.Error);
            await using var second = await OtherHost.Start(pg, Ct, user: "nobody", home: home);
            Assert.True(second.Told.WasRunning);
            Assert.True(await Queries.Answers(first.Told.ConnectionString!, Ct));
            Assert.Equal("nobody", await OwnerOf(Path.Combine(pg, "data", "postmaster.pid")));
        }

        await using var ephemeral = await OtherHost.Start(OtherHost.Ephemeral, Ct, user: "nobody", home: home);
        Assert.Null(ephemeral.Told.Error);
    }

    [Fact]
    public async Task A_folder_that_the_servers_user_may_not_enter_is_named()
    {
        Assert.SkipUnless(IsRoot, NotRoot);
        Folders.Make(folder.In("closed"));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder.In("closed"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var error = await Assert.ThrowsAsync<EmbeddedPostgresException>(
            () => EmbeddedPostgresServer.Start(new() { DataDirectory = folder.In("closed", "pg") }, ct: Ct));
        Assert.Contains($"{folder.In("closed")} may keep out", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_who_does_not_exist_is_named()
    {
        Assert.SkipUnless(IsRoot, NotRoot);

        var error = await Assert.ThrowsAsync<EmbeddedPostgresException>(
            () => EmbeddedPostgresServer.Start(new() { Ephemeral = true, OperatingSystemUser = "no-such-user" }, ct: Ct));
        Assert.Contains("no-such-user", error.Message, StringComparison.Ordinal);
    }

    private static async Task<bool> Exists(string user) => (await new Command("id", user) { WorkingDirectory = "/" }.Run(Ct)).Succeeded;

    private static async Task<string> OwnerOf(string path) =>
        (await new Command("ls", "-ld", path) { WorkingDirectory = "/" }.Run(Ct)).Output.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2];
}
