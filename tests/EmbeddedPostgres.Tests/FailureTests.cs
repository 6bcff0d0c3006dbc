using System.Diagnostics;

namespace Monolith.EmbeddedPostgres.Tests;

public sealed class FailureTests : IDisposable
{
    private readonly TestFolder folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Pg => folder.In("pg");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_start_after_the_server_was_killed_recovers_its_data()
    {
        var first = await EmbeddedPostgresServer.Start(new() { DataDirectory = Pg }, ct: Ct);
        await Queries.Ask<object>(first.ConnectionString, "create table kept as select 42 as answer", Ct);
        await KillServer();
        await first.DisposeAsync();

        await using var second = await EmbeddedPostgresServer.Start(new() { DataDirectory = Pg }, ct: Ct);

        Assert.False(second.WasRunning);
        Assert.Equal(42, await Queries.Ask<int>(second.ConnectionString, "select answer from kept", Ct));
    }

    [Fact]
    public async Task A_host_that_lives_on_restarts_its_killed_server_on_the_same_port()
    {
        await using var server = await EmbeddedPostgresServer.Start(new() { DataDirectory = Pg }, ct: Ct);
        await Queries.Ask<object>(server.ConnectionString, "create table kept as select 42 as answer", Ct);
        await KillServer();

        await server.Restart(Ct);

        Assert.Equal(42, await Queries.Ask<int>(server.ConnectionString, "select answer from kept", Ct));
    }

    [Fact]
    public async Task A_start_after_the_host_was_killed_joins_its_server()
    {
        await using var host = await OtherHost.Start(Pg, Ct);
        await Queries.Ask<object>(host.Told.ConnectionString!, "create table kept as select 42 as answer", Ct);
        await host.Kill(Ct);
        Assert.True(await Queries.Answers(host.Told.ConnectionString!, Ct));

        var next = await EmbeddedPostgresServer.Start(new() { DataDirectory = Pg }, ct: Ct);
        Assert.True(next.WasRunning);
        Assert.Equal(host.Told.ConnectionString, next.ConnectionString);
        Assert.Equal(42, await Queries.Ask<int>(next.ConnectionString, "select answer from kept", Ct));

        await next.DisposeAsync();
        Assert.False(await Queries.Answers(next.ConnectionString, Ct));
    }

    [Fact]
    public async Task A_start_after_host_and_server_were_killed_recovers()
    {
        await using var host = await OtherHost.Start(Pg, Ct);
        await KillServer();
        await host.Kill(Ct);

        await using var next = await EmbeddedPostgresServer.Start(new() { DataDirectory = Pg }, ct: Ct);

        Assert.True(await Queries.Answers(next.ConnectionString, Ct));
    }

    [Fact]
    public async Task An_unfinished_initdb_of_a_killed_host_is_cleared_away()
    {
        Folders.Make(folder.In("pg", "data.new-1", "base"));

        await using var server = await EmbeddedPostgresServer.Start(new() { DataDirectory = Pg }, ct: Ct);

        Assert.Empty(Directory.EnumerateDirectories(Pg, "data.new-*"));
    }

    [Fact]
    public async Task A_pid_file_whose_number_belongs_to_another_program_does_not_stop_a_start()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux shows which folder a process works in.");
        await using (var first = await EmbeddedPostgresServer.Start(new() { DataDirectory = Pg }, ct: Ct))
        {
            File.Copy(folder.In("pg", "data", "postmaster.pid"), folder.In("kept.pid"));
        }

        var start = new ProcessStartInfo("sleep", ["300"]) { WorkingDirectory = "/" };
        if (File.ReadAllText(folder.In("pg", "user")) is var user && user != Environment.UserName)
        {
            start.UserName = user;
        }

        using var stranger = Process.Start(start)!;
        try
        {
            var lines = await File.ReadAllLinesAsync(folder.In("kept.pid"), Ct);
            lines[0] = $"{stranger.Id}";
            await File.WriteAllLinesAsync(folder.In("pg", "data", "postmaster.pid"), lines, Ct);

            await using var second = await EmbeddedPostgresServer.Start(new() { DataDirectory = Pg }, ct: Ct);

            Assert.True(await Queries.Answers(second.ConnectionString, Ct));
            Assert.False(stranger.HasExited);
        }
        finally
        {
            stranger.Kill();
        }
    }

    [Fact]
    public async Task A_server_that_cannot_start_says_why()
    {
        await using (await EmbeddedPostgresServer.Start(new() { DataDirectory = Pg }, ct: Ct))
        {
        }

        await File.AppendAllTextAsync(folder.In("pg", "data", "postgresql.conf"), "\nno_such_setting = on\n", Ct);

        var error = await Assert.ThrowsAsync<EmbeddedPostgresException>(() => EmbeddedPostgresServer.Start(new() { DataDirectory = Pg }, ct: Ct));
        Assert.Contains("no_such_setting", error.Message, StringComparison.Ordinal);
    }

    private async Task KillServer()
    {
        using var server = Queries.ServerProcess(Pg);
        server.Kill();
        await server.WaitForExitAsync(Ct);
    }
}
