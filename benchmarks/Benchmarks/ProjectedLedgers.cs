using JasperFx;
using Marten;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.EventStore.Projections;
using Monolith.Hosting;
using Npgsql;

namespace Monolith.Benchmarks;

/// <summary>Ledgers of eight tenants, to be projected again and again.</summary>
internal sealed class ProjectedLedgers : IAsyncDisposable
{
    /// <summary>The table of the documents of <see cref="Ledgers"/>.</summary>
    public const string Documents = "public.mt_doc_ledgerview";

    private const int Tenants = 8;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly NpgsqlDataSource dataSource;
    private readonly PostgresEventStore store;
    private readonly DocumentStore documents;
    private long lastPosition;

    private ProjectedLedgers(NpgsqlDataSource dataSource, PostgresEventStore store, DocumentStore documents) =>
        (this.dataSource, this.store, this.documents) = (dataSource, store, documents);

    /// <summary>The tenant of one of the ledgers.</summary>
    public static string TenantOf(int stream) => "tenant-" + (stream % Tenants);

    public static async Task<ProjectedLedgers> Create(string database, int streams, Func<IEnumerable<object>> history)
    {
        var opened = NpgsqlDataSource.Create(await Benchmark.NewDatabase(database));
        var marten = DocumentStore.For(options =>
        {
            options.Connection(opened);
            options.AutoCreateSchemaObjects = AutoCreate.CreateOrUpdate;
            options.UseSystemTextJsonForSerialization();
            options.Policies.AllDocumentsAreMultiTenanted();
            options.RegisterDocumentType<LedgerView>();
        });
        var ledgers = new ProjectedLedgers(opened, await Benchmark.NewStore(opened), marten);
        await marten.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        await ledgers.Fill(streams, history);
        return ledgers;
    }

    /// <summary>Projects everything, from the start of the runner until the last row is stored.</summary>
    public async Task CatchUp(Projection projection)
    {
        var (runner, _) = Runner(projection);
        await using (runner)
        {
            await runner.StartAsync(CancellationToken.None);
            await runner.WaitForAll(lastPosition, Patience);
        }
    }

    /// <summary>Makes the rows anew, from the start of the runner until they have taken the place of the old.</summary>
    public async Task Rebuild(Projection projection)
    {
        var (runner, operations) = Runner(projection);
        await using (runner)
        {
            await runner.StartAsync(CancellationToken.None);
            await operations.Rebuild(projection.Name);
            while ((await operations.Rebuilds(projection.Name)).Count > 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10));
            }
        }
    }

    /// <summary>As if nothing had been projected.</summary>
    public void Forget(string table) => Execute("delete from eventstore.projection_checkpoints", $"truncate {table}");

    public void Check(string rows, long expected)
    {
        using var command = dataSource.CreateCommand($"select count(*) from {rows}");
        Benchmark.Expect(expected, (long)command.ExecuteScalar()!);
    }

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        await documents.DisposeAsync();
        await dataSource.DisposeAsync();
    }

    private (ProjectionRunner Runner, ProjectionOperations Operations) Runner(Projection projection)
    {
        var (catalog, views) = (new ProjectionCatalog(Benchmark.Model, [projection]), new MartenViewStore(documents));
        var operations = new ProjectionOperations(dataSource, catalog, store.Feed, views);
        return (new(dataSource, Benchmark.Model, store, catalog, views, operations: operations), operations);
    }

    private async Task Fill(int streams, Func<IEnumerable<object>> history)
    {
        for (var tenant = 0; tenant < Tenants; tenant++)
        {
            await store.Tenants.Add(TenantOf(tenant));
        }

        for (var stream = 0; stream < streams; stream++)
        {
            var request = new AppendRequest(new(TenantOf(stream), "ledger", Guid.CreateVersion7()), ExpectedVersion.None, history().Select(NewEvent.Of));
            lastPosition = (await store.Append(request)).Position;
        }

        await Benchmark.Execute(dataSource, "vacuum analyze");
    }

    private void Execute(params IReadOnlyList<string> statements)
    {
        foreach (var sql in statements)
        {
            using var command = dataSource.CreateCommand(sql);
            command.ExecuteNonQuery();
        }
    }
}
