using System.Text.Json;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Monolith.Testing;
using Npgsql;

namespace Monolith.EventStore.Tests.Projections.Ledgers;

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

    private const string RunnerName = "runner";

    private readonly Stack<IAsyncDisposable> owned = [];
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

    /// <summary>Text that no view may hold, for the runners that are started after this is set.</summary>
    public string? Refused { get; set; }

    /// <summary>The name under which Npgsql counts what the runners ask.</summary>
    public string PoolName => database.Name;

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

    /// <summary>A runner with connections and a store of its own, as in a process of its own.</summary>
    public Task<ProjectionRunner> Run(params Projection[] projections) => Run(Quick, projections);

    /// <inheritdoc cref="Run(Projection[])"/>
    public async Task<ProjectionRunner> Run(ProjectionOptions options, params Projection[] projections)
    {
        var connections = new NpgsqlDataSourceBuilder(ConnectionStrings.Tune(database.ConnectionString))
        {
            Name = PoolName,
            ConnectionStringBuilder = { ApplicationName = RunnerName },
        }.Build();
        var store = new PostgresEventStore(connections, Model);
        var catalog = Catalog(projections);
        var views = new TableViews(connections) { Refused = Refused };
        var runner = new ProjectionRunner(connections, Model, store, catalog, views, options, new(connections, catalog, store.Feed, views));
        owned.Push(connections);
        owned.Push(store);
        owned.Push(runner);
        await runner.StartAsync(Ct);
        return runner;
    }

    /// <summary>Ends the sessions of all runners, in the middle of whatever they do.</summary>
    public Task KillBackends() =>
        Execute($"select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = '{RunnerName}'");

    public async Task<AppendResult> Append(Guid id, string tenant, params object[] events)
    {
        var type = events[0] is MeterRead ? "meter" : "ledger";
        return await Store.Append(new(new(tenant, type, id), ExpectedVersion.Any, events.Select(NewEvent.Of)), Ct);
    }

    public Task<AppendResult> Append(Guid id, params object[] events) => Append(id, Tenant, events);

    /// <summary>Waits until a runner, or the others for it, have projected everything that is stored now.</summary>
    public async Task CaughtUp(ProjectionRunner runner)
    {
        var end = await Store.Feed.Refresh(Ct);
        try
        {
            await runner.WaitForAll(end, Patience, Ct);
        }
        catch (ReadModelBehindException late)
        {
            var rows = await Query<string>("select c::text from eventstore.projection_checkpoints c order by projection, shard");
            Assert.Fail($"{late.Message}\n{string.Join('\n', runner.Statuses)}\n{string.Join('\n', rows)}");
        }
    }

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
        while (owned.TryPop(out var next))
        {
            await next.DisposeAsync();
        }

        await Store.DisposeAsync();
        await DataSource.DisposeAsync();
        await database.DisposeAsync();
    }
}
