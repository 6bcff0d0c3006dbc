using JasperFx;
using Marten;
using Monolith.EventStore;
using Monolith.EventStore.Projections;
using Monolith.Hosting;
using Npgsql;

namespace Monolith.LoadTest.Stores;

/// <summary>A database of its own with a migrated store, its tenants and the tables of the read model; gone afterwards.</summary>
internal sealed class LoadDatabase : IAsyncDisposable
{
    private const string Name = "monolith_load_test";

    private readonly LoadServer server;

    private LoadDatabase(LoadServer server, string connectionString)
    {
        this.server = server;
        ConnectionString = connectionString;
        DataSource = NpgsqlDataSource.Create(connectionString);
        Store = new(DataSource, Histories.Model);
        Documents = OpenDocuments(DataSource);
        Catalog = new(Histories.Model, [new LedgerViews(version: 1)]);
        Operations = new(DataSource, Catalog, Store.Feed, new MartenViewStore(Documents));
    }

    public string ConnectionString { get; }

    public NpgsqlDataSource DataSource { get; }

    public PostgresEventStore Store { get; }

    public DocumentStore Documents { get; }

    public ProjectionCatalog Catalog { get; }

    public ProjectionOperations Operations { get; }

    public static async Task<LoadDatabase> Create(LoadServer server, int tenants)
    {
        var database = new LoadDatabase(server, await CreateEmpty(server));
        await new Migrator(database.DataSource, Histories.Model).Migrate();
        await database.Documents.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        for (var tenant = 0; tenant < tenants; tenant++)
        {
            await database.Store.Tenants.Add(Histories.TenantId(tenant));
        }

        return database;
    }

    /// <summary>One with nothing in it, for a host that makes what it needs.</summary>
    public static async Task<string> CreateEmpty(LoadServer server)
    {
        await Drop(server);
        await server.Execute($"create database {Name}");
        return ConnectionStrings.Tune(new NpgsqlConnectionStringBuilder(await server.Admin()) { Database = Name }.ConnectionString);
    }

    public static Task Drop(LoadServer server) => server.Execute($"drop database if exists {Name} with (force)");

    /// <summary>The documents of the read model.</summary>
    public static DocumentStore OpenDocuments(NpgsqlDataSource dataSource) => DocumentStore.For(options =>
    {
        options.Connection(dataSource);
        options.AutoCreateSchemaObjects = AutoCreate.CreateOrUpdate;
        options.UseSystemTextJsonForSerialization();
        options.Policies.AllDocumentsAreMultiTenanted();
        options.RegisterDocumentType<LedgerView>();
    });

    /// <summary>A host's runner of the projection, in this process.</summary>
    public ProjectionRunner NewRunner() => new(DataSource, Histories.Model, Store, Catalog, new MartenViewStore(Documents), operations: Operations);

    /// <summary>The first column of the first row; the default where there is none, or null.</summary>
    public Task<T> Ask<T>(string sql) => Ask<T>(DataSource, sql);

    public Task Execute(string sql) => Ask<object>(sql);

    public static async Task<T> Ask<T>(NpgsqlDataSource dataSource, string sql)
    {
        await using var command = dataSource.CreateCommand(sql);
        command.CommandTimeout = 0;
        return await command.ExecuteScalarAsync() is T value ? value : default!;
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await Documents.DisposeAsync();
        await DataSource.DisposeAsync();
        await Drop(server);
    }
}
