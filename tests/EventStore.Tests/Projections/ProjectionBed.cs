using System.Text.Json;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Monolith.Testing;
using Npgsql;

namespace Monolith.EventStore.Tests.Projections;

/// <summary>A store of its own for one test, and runners on it.</summary>
internal sealed class ProjectionBed : IAsyncDisposable
{
    public const string Tenant = "acme";
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static readonly DomainModel Model = new DomainModelBuilder().Add(typeof(Ledger).Assembly).Build();

    private static readonly DatabaseTemplate Template = new("projections", async connectionString =>
    {
        await using var dataSource = NpgsqlDataSource.Create(connectionString);
        await new Migrator(dataSource, Model).Migrate();
        await new Tenants(dataSource).Add(Tenant);
        await new Tenants(dataSource).Add("other");
    });

    private readonly List<ProjectionRunner> runners = [];
    private readonly TestDatabase database;

    private ProjectionBed(TestDatabase database)
    {
        this.database = database;
        DataSource = NpgsqlDataSource.Create(ConnectionStrings.Tune(database.ConnectionString));
        Store = new(DataSource, Model);
        Views = new(DataSource);
    }

    public static CancellationToken Ct => TestContext.Current.CancellationToken;

    public NpgsqlDataSource DataSource { get; }

    public PostgresEventStore Store { get; }

    public TableViews Views { get; }

    public string ConnectionString => database.ConnectionString;

    /// <summary>What a runner does when nothing else is asked for: quick, so that tests are.</summary>
    public static ProjectionOptions Quick => new()
    {
        Heartbeat = TimeSpan.FromMilliseconds(200),
        Lease = TimeSpan.FromSeconds(2),
        IdleCheckpoints = TimeSpan.FromMilliseconds(100),
        RetryDelay = (TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(50)),
    };

    public static async Task<ProjectionBed> Create(PostgresFixture postgres) => new(await postgres.CreateDatabase(Template, Ct));

    public ProjectionCatalog Catalog(params Projection[] projections) => new(Model, projections);

    public ProjectionOperations Operations(params Projection[] projections) => new(DataSource, Catalog(projections), Store.Feed, Views);

    /// <summary>A runner with a store of its own, as in a process of its own.</summary>
    public Task<ProjectionRunner> Run(params Projection[] projections) => Run(Quick, projections);

    public async Task<ProjectionRunner> Run(ProjectionOptions options, params Projection[] projections)
    {
        var catalog = Catalog(projections);
        var runner = new ProjectionRunner(
            DataSource, Model, Store, catalog, Views, options, new(DataSource, catalog, Store.Feed, Views));
        runners.Add(runner);
        await runner.StartAsync(Ct);
        return runner;
    }

    public async Task<AppendResult> Append(Guid id, string tenant, params object[] events)
    {
        var type = events[0] is MeterRead ? "meter" : "ledger";
        return await Store.Append(new(new(tenant, type, id), ExpectedVersion.Any, events.Select(NewEvent.Of)), Ct);
    }

    public Task<AppendResult> Append(Guid id, params object[] events) => Append(id, Tenant, events);

    public async Task CaughtUp(ProjectionRunner runner) => await runner.WaitForAll(await Store.Feed.Refresh(Ct), Patience, Ct);

    public async Task<TView?> View<TView>(object id, string tenant = Tenant) where TView : class
    {
        await using var command = database.DataSource.CreateCommand("select data from views where view = $1 and tenant_id = $2 and id = $3");
        command.Parameters.Add(new() { Value = typeof(TView).Name });
        command.Parameters.Add(new() { Value = tenant });
        command.Parameters.Add(new() { Value = id.ToString()! });
        return await command.ExecuteScalarAsync(Ct) is string json ? JsonSerializer.Deserialize<TView>(json, EventJson.Options) : null;
    }

    /// <summary>The first column of a query, in its order.</summary>
    public async Task<List<T>> Query<T>(string sql)
    {
        await using var command = database.DataSource.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(Ct);
        var values = new List<T>();
        while (await reader.ReadAsync(Ct))
        {
            values.Add(reader.GetFieldValue<T>(0));
        }

        return values;
    }

    public async Task Execute(string sql)
    {
        await using var command = database.DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Ct);
    }

    /// <summary>Looks again until it holds.</summary>
    public static async Task Eventually(Func<Task<bool>> holds, string what)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await holds())
        {
            Assert.False(patience.IsCancellationRequested, $"Not within {Patience}: {what}");
            await Task.Delay(10, Ct);
        }
    }

    /// <summary>Everything in the views, as text.</summary>
    public Task<List<string>> AllViews() => Query<string>("select view || '/' || tenant_id || '/' || id || '=' || data from views order by 1");

    public async ValueTask DisposeAsync()
    {
        foreach (var runner in runners)
        {
            await runner.DisposeAsync();
        }

        await Store.DisposeAsync();
        await DataSource.DisposeAsync();
        await database.DisposeAsync();
    }
}
