using Monolith.EmbeddedPostgres;
using Npgsql;
using Xunit;

namespace Monolith.Testing;

/// <summary>The server that the databases are made on, and how to let it go.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    // Many tests run at once and each may have several pools, on a server that allows some 100 connections.
    private const int MaxPoolSize = 20;

    private readonly NpgsqlDataSource maintenance;
    private readonly RunLease lease;
    private readonly IAsyncDisposable? started;

    private TestServer(string connectionString, RunLease lease, IAsyncDisposable? started)
    {
        ConnectionString = connectionString;
        maintenance = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { MaxPoolSize = MaxPoolSize, ApplicationName = "monolith_test" });
        this.lease = lease;
        this.started = started;
    }

    private string ConnectionString { get; }

    public static async Task<TestServer> Find(string? wanted, string run)
    {
        (string ConnectionString, IAsyncDisposable? Started) server = wanted switch
        {
            "docker" => await InDocker(),
            "embedded" => await Embedded(),
            null or "" => await DockerServer.StartOrNull() is { } docker ? (docker.ConnectionString, docker) : await Embedded(),
            _ => (wanted, null),
        };
        TestContext.Current.SendDiagnosticMessage($"The PostgreSQL of these tests is {server.Started?.GetType().Name ?? "given"}.");
        return new(server.ConnectionString, await RunLease.Take(server.ConnectionString, run), server.Started);
    }

    public string ConnectionStringFor(string database) =>
        new NpgsqlConnectionStringBuilder(ConnectionString) { Database = database, MaxPoolSize = MaxPoolSize, IncludeErrorDetail = true }.ConnectionString;

    public async Task Execute(string sql, CancellationToken ct)
    {
        await using var command = maintenance.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        await maintenance.DisposeAsync();
        await lease.DisposeAsync();
        if (started is not null)
        {
            await started.DisposeAsync();
        }
    }

    private static async Task<(string ConnectionString, IAsyncDisposable Started)> InDocker()
    {
        var docker = await DockerServer.Start();
        return (docker.ConnectionString, docker);
    }

    private static async Task<(string ConnectionString, IAsyncDisposable Started)> Embedded()
    {
        var embedded = await EmbeddedPostgresServer.Start(new() { Ephemeral = true });
        return (embedded.ConnectionString, embedded);
    }
}
