namespace Monolith.EmbeddedPostgres.Tests;

public sealed class LifeCycleTests : IDisposable
{
    private readonly TestFolder folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Data_password_and_port_survive_a_stop()
    {
        string before;
        await using (var first = await StartInFolder())
        {
            Assert.False(first.WasRunning);
            before = await first.EnsureDatabase("monolith", Ct);
            await Queries.Ask<object>(before, "create table kept as select 42 as answer", Ct);
        }

        Assert.False(await Queries.Answers(before, Ct));
        await using var second = await StartInFolder();
        Assert.Equal(before, await second.EnsureDatabase("monolith", Ct));
        Assert.Equal(42, await Queries.Ask<int>(before, "select answer from kept", Ct));
    }

    [Fact]
    public async Task Another_port_is_taken_when_the_last_one_is_not_free()
    {
        int port;
        await using (var first = await StartInFolder())
        {
            port = first.Port;
        }

        using var stranger = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, port);
        stranger.Start();
        await using var second = await StartInFolder();
        Assert.NotEqual(port, second.Port);
        Assert.True(await Queries.Answers(second.ConnectionString, Ct));
    }

    [Fact]
    public async Task An_ephemeral_server_leaves_nothing_behind()
    {
        var server = await EmbeddedPostgresServer.Start(new() { Ephemeral = true }, ct: Ct);
        var directory = server.DataDirectory;
        using var process = Queries.ServerProcess(directory);
        await server.DisposeAsync();

        Assert.False(Directory.Exists(directory));
        Assert.False(await Queries.Answers(server.ConnectionString, Ct));
    }

    [Fact]
    public async Task An_ephemeral_server_lies_in_memory_where_there_is_room()
    {
        Assert.SkipUnless(MemoryFileSystem.IsPreferred(), "There is no /dev/shm, too little room or memory, or TMPDIR is set.");

        await using var server = await EmbeddedPostgresServer.Start(new() { Ephemeral = true }, ct: Ct);

        Assert.Equal("tmpfs", new DriveInfo(server.DataDirectory).DriveFormat);
    }

    [Fact]
    public async Task After_a_crash_it_starts_again_on_the_same_port_with_what_was_committed()
    {
        await using var server = await StartInFolder();
        await Queries.Ask<object>(server.ConnectionString, "create table kept as select 42 as answer", Ct);

        await server.Crash(Ct);
        Assert.False(await Queries.Answers(server.ConnectionString, Ct));
        await server.Restart(Ct);

        Assert.Equal(42, await Queries.Ask<int>(server.ConnectionString, "select answer from kept", Ct));
    }

    [Fact]
    public async Task A_start_that_is_cancelled_while_the_server_starts_stops_it_again()
    {
        Folders.Make(folder.In("pg"));
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        using var watcher = new FileSystemWatcher(folder.In("pg"), "port");
        watcher.Created += (_, _) => cancelled.Cancel();
        watcher.EnableRaisingEvents = true;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => EmbeddedPostgresServer.Start(new() { DataDirectory = folder.In("pg") }, ct: cancelled.Token));

        Assert.Contains("ready to accept connections", await File.ReadAllTextAsync(folder.In("pg", "log"), Ct), StringComparison.Ordinal);
        Assert.False(File.Exists(folder.In("pg", "data", "postmaster.pid")));
    }

    private Task<EmbeddedPostgresServer> StartInFolder() => EmbeddedPostgresServer.Start(new() { DataDirectory = folder.In("pg") }, ct: Ct);
}
