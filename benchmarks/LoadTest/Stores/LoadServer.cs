using Monolith.EmbeddedPostgres;
using Npgsql;

namespace Monolith.LoadTest.Stores;

/// <summary>A private server with durable commits, or one that is given by connection string. One for all that this process does; the private one is gone afterwards.</summary>
internal sealed class LoadServer : IAsyncDisposable
{
    private const string Variable = "MONOLITH_BENCHMARK_POSTGRES";

    private readonly SemaphoreSlim starting = new(1);
    private readonly string folder = Path.Combine(Path.GetTempPath(), "monolith-load-test-" + Environment.ProcessId);
    private EmbeddedPostgresServer? server;

    /// <summary>A connection string with the right to make databases.</summary>
    public async Task<string> Admin()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given)
        {
            return given;
        }

        await starting.WaitAsync();
        try
        {
            server ??= await EmbeddedPostgresServer.Start(new() { DataDirectory = folder });
            return server.ConnectionString;
        }
        finally
        {
            starting.Release();
        }
    }

    public async Task Execute(string sql)
    {
        await using var dataSource = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(await Admin()) { Pooling = false }.ConnectionString);
        await using var command = dataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        starting.Dispose();
        if (server is not null)
        {
            await server.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }
}
