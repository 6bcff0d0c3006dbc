namespace Monolith.EmbeddedPostgres.Tests;

public sealed class SharingTests : IDisposable
{
    private readonly TestFolder folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Pg => folder.In("pg");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_second_start_in_the_same_process_joins_and_the_last_one_out_stops_it()
    {
        var first = await EmbeddedPostgresServer.Start(new() { DataDirectory = Pg }, ct: Ct);
        var second = await EmbeddedPostgresServer.Start(new() { DataDirectory = Pg }, ct: Ct);
        Assert.False(first.WasRunning);
        Assert.True(second.WasRunning);
        Assert.Equal(first.ConnectionString, second.ConnectionString);

        await first.DisposeAsync();
        await first.DisposeAsync();
        Assert.True(await Queries.Answers(second.ConnectionString, Ct));

        await second.DisposeAsync();
        Assert.False(await Queries.Answers(second.ConnectionString, Ct));
    }

    [Fact]
    public async Task A_start_in_another_process_joins_and_the_last_one_out_stops_it()
    {
        var here = await EmbeddedPostgresServer.Start(new() { DataDirectory = Pg }, ct: Ct);
        var other = await OtherHost.Start(Pg, Ct);
        Assert.True(other.Told.WasRunning);
        Assert.Equal(here.ConnectionString, other.Told.ConnectionString);

        await here.DisposeAsync();
        Assert.True(await Queries.Answers(here.ConnectionString, Ct));

        await other.DisposeAsync();
        Assert.False(await Queries.Answers(here.ConnectionString, Ct));
    }

    [Fact]
    public async Task Starts_at_once_from_two_processes_make_one_server()
    {
        var others = Task.WhenAll(OtherHost.Start(Pg, Ct), OtherHost.Start(Pg, Ct));
        var here = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => EmbeddedPostgresServer.Start(new() { DataDirectory = Pg }, ct: Ct)));

        var all = here.Select(server => (server.ConnectionString, server.WasRunning))
            .Concat((await others).Select(host => (host.Told.ConnectionString!, host.Told.WasRunning)))
            .ToList();
        Assert.Single(all.Select(one => one.Item1).Distinct());
        Assert.Single(all, one => !one.Item2);

        await Task.WhenAll(here.Select(server => server.DisposeAsync().AsTask()).Concat((await others).Select(host => host.DisposeAsync().AsTask())));
        Assert.False(await Queries.Answers(all[0].Item1, Ct));
    }

    [Fact]
    public async Task A_copy_of_the_folder_of_a_running_server_does_not_join_the_original()
    {
        await using var original = await EmbeddedPostgresServer.Start(new() { DataDirectory = Pg }, ct: Ct);
        var copy = ClusterFolder.At(folder.In("copy"));
        Directory.CreateDirectory(copy.Data);
        foreach (var file in new[] { "password", "data/postmaster.pid", "data/PG_VERSION" })
        {
            File.Copy(folder.In("pg", file), copy.In(file));
        }

        Assert.Equal(original.Port, copy.RunningPort);
        Assert.Null(await Login.RunningPort(copy, Ct));
    }

    [Fact]
    public async Task A_folder_reached_over_a_link_is_the_same_server()
    {
        Directory.CreateSymbolicLink(folder.In("link"), folder.Path);
        await using var first = await EmbeddedPostgresServer.Start(new() { DataDirectory = Pg }, ct: Ct);
        await using var second = await EmbeddedPostgresServer.Start(new() { DataDirectory = folder.In("link", "pg") }, ct: Ct);

        Assert.True(second.WasRunning);
        Assert.Equal(first.DataDirectory, second.DataDirectory);
    }
}
