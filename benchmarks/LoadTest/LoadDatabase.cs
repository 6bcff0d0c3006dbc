using JasperFx;
using Marten;
using Monolith.EmbeddedPostgres;
using Monolith.EventStore;
using Npgsql;

namespace Monolith.LoadTest;

/// <summary>A database of its own on a private server with durable commits, or on one that is given; gone afterwards.</summary>
internal sealed class LoadDatabase : IAsyncDisposable
{
    private const string ServerVariable = "MONOLITH_BENCHMARK_POSTGRES";
    private const string Name = "monolith_load_test";

    private readonly EmbeddedPostgresServer? server;
    private readonly string admin;
    private readonly string? folder;

    private LoadDatabase(EmbeddedPostgresServer? server, string? folder, string admin)
    {
        (this.server, this.folder, this.admin) = (server, folder, admin);
        ConnectionString = ConnectionStrings.Tune(new NpgsqlConnectionStringBuilder(admin) { Database = Name }.ConnectionString);
    }

    public string ConnectionString { get; }

    public static async Task<LoadDatabase> Create()
    {
        var given = Environment.GetEnvironmentVariable(ServerVariable);
        var temporary = given is null ? Path.Combine(Path.GetTempPath(), "monolith-load-test-" + Environment.ProcessId) : null;
        var started = temporary is null ? null : await EmbeddedPostgresServer.Start(new() { DataDirectory = temporary });
        var database = new LoadDatabase(started, temporary, given ?? started!.ConnectionString);
        await database.OnServer($"drop database if exists {Name} with (force)");
        await database.OnServer($"create database {Name}");
        return database;
    }

    /// <summary>The documents of the read model.</summary>
    public static DocumentStore Documents(NpgsqlDataSource dataSource) => DocumentStore.For(options =>
    {
        options.Connection(dataSource);
        options.AutoCreateSchemaObjects = AutoCreate.CreateOrUpdate;
        options.UseSystemTextJsonForSerialization();
        options.Policies.AllDocumentsAreMultiTenanted();
        options.RegisterDocumentType<LedgerView>();
    });

    /// <summary>A migrated store with the tenants.</summary>
    public static async Task<PostgresEventStore> NewStore(NpgsqlDataSource dataSource)
    {
        await new Migrator(dataSource, Histories.Model).Migrate();
        var store = new PostgresEventStore(dataSource, Histories.Model);
        foreach (var tenant in Histories.TenantIds)
        {
            await store.Tenants.Add(tenant);
        }

        return store;
    }

    public static async Task<T> Ask<T>(NpgsqlDataSource dataSource, string sql)
    {
        await using var command = dataSource.CreateCommand(sql);
        command.CommandTimeout = 0;
        return await command.ExecuteScalarAsync() is T value ? value : default!;
    }

    public async ValueTask DisposeAsync()
    {
        await OnServer($"drop database if exists {Name} with (force)");
        if (server is not null)
        {
            await server.DisposeAsync();
            Directory.Delete(folder!, recursive: true);
        }
    }

    private async Task OnServer(string sql)
    {
        await using var dataSource = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(admin) { Pooling = false }.ConnectionString);
        await Ask<object>(dataSource, sql);
    }
}
