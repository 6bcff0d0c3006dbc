using Monolith.EmbeddedPostgres;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;

namespace Monolith.Benchmarks;

/// <summary>What the suites share: one server with durable commits, and a database of its own for each suite.</summary>
internal static class Benchmark
{
    private const string ServerVariable = "MONOLITH_BENCHMARK_POSTGRES";

    private static readonly string DataDirectory = Path.Combine(Path.GetTempPath(), "monolith-benchmarks-" + Environment.ProcessId);
    private static EmbeddedPostgresServer? server;

    /// <summary>Each benchmark once, to show that it runs.</summary>
    public static bool IsDry { get; set; }

    public static DomainModel Model { get; } = new DomainModelBuilder().Add(typeof(Benchmark).Assembly).Build();

    /// <summary>The connection string of an empty database.</summary>
    public static async Task<string> NewDatabase(string name)
    {
        var given = Environment.GetEnvironmentVariable(ServerVariable);
        if (given is null && server is null)
        {
            server = await EmbeddedPostgresServer.Start(new() { DataDirectory = DataDirectory });
        }

        var admin = given ?? server!.ConnectionString;
        await using var dataSource = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(admin) { Pooling = false }.ConnectionString);
        foreach (var sql in new[] { $"drop database if exists {name} with (force)", $"create database {name}" })
        {
            await using var command = dataSource.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }

        return ConnectionStrings.Tune(new NpgsqlConnectionStringBuilder(admin) { Database = name, MaxPoolSize = 300 }.ConnectionString);
    }

    /// <summary>A migrated store with the tenant <c>acme</c>.</summary>
    public static async Task<PostgresEventStore> NewStore(NpgsqlDataSource dataSource, EventStoreOptions? options = null)
    {
        await new Migrator(dataSource, Model, options).Migrate();
        var store = new PostgresEventStore(dataSource, Model, options);
        await store.Tenants.Add("acme");
        return store;
    }

    public static async Task DisposeServer()
    {
        if (server is not null)
        {
            await server.DisposeAsync();
            Directory.Delete(DataDirectory, recursive: true);
        }
    }
}
