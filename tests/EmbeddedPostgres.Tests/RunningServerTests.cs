using Npgsql;

namespace Monolith.EmbeddedPostgres.Tests;

public sealed class RunningServerTests(RunningServerTests.Ephemeral fixture) : IClassFixture<RunningServerTests.Ephemeral>
{
    private readonly EmbeddedPostgresServer server = fixture.Server;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_starts_and_answers_a_query()
    {
        Assert.Equal(1, await Queries.Ask<int>(server.ConnectionString, "select 1", Ct));
        Assert.StartsWith(server.Version, await Queries.Ask<string>(server.ConnectionString, "show server_version", Ct), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(server.BinDirectory, OperatingSystem.IsWindows() ? "postgres.exe" : "postgres")));
    }

    [Fact]
    public async Task It_listens_on_this_machine_only_and_asks_for_a_password()
    {
        Assert.Equal("127.0.0.1", await Queries.Ask<string>(server.ConnectionString, "show listen_addresses", Ct));
        Assert.Equal("", await Queries.Ask<string>(server.ConnectionString, "show unix_socket_directories", Ct));
        Assert.Equal("UTC", await Queries.Ask<string>(server.ConnectionString, "show timezone", Ct));
        var guess = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Password = "postgres" }.ConnectionString;
        var refused = await Assert.ThrowsAsync<PostgresException>(() => Queries.Ask<int>(guess, "select 1", Ct));
        Assert.Equal(PostgresErrorCodes.InvalidPassword, refused.SqlState);
    }

    [Fact]
    public async Task It_allows_as_many_sessions_as_were_asked_for() =>
        Assert.Equal("77", await Queries.Ask<string>(server.ConnectionString, "show max_connections", Ct));

    [Fact]
    public async Task Letters_beyond_ASCII_have_a_lower_case()
    {
        var database = await server.EnsureDatabase("monolith", Ct);

        Assert.Equal("élan", await Queries.Ask<string>(database, "select lower('ÉLAN')", Ct));
        Assert.True(await Queries.Ask<bool>(database, "select 'ÉLAN' ilike 'élan'", Ct));
        Assert.Equal("UTF8", await Queries.Ask<string>(database, "show server_encoding", Ct));
    }

    [Fact]
    public async Task A_database_that_many_ensure_at_once_is_created_once()
    {
        const string Name = "a \"quoted\" näme";

        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => server.EnsureDatabase(Name, Ct)));

        Assert.Single(all.Distinct());
        Assert.Equal(Name, await Queries.Ask<string>(all[0], "select current_database()", Ct));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => server.EnsureDatabase(new string('é', 32), Ct));
    }

    public sealed class Ephemeral : IAsyncLifetime
    {
        public EmbeddedPostgresServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Server = await EmbeddedPostgresServer.Start(new() { Ephemeral = true, MaxConnections = 77 });

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
