using System.Text.Json;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.EventStore.Projections;
using Npgsql;
using Xunit;

namespace Monolith.Testing.Conformance;

/// <summary>A store under test and hosts that run projections on it, each with connections and a store of its own, as in a process of its own.</summary>
public sealed class ProjectionHosts(ConformanceStore store, CancellationToken ct) : IAsyncDisposable
{
    /// <summary>Longer than anything takes on a busy machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const string SessionName = "projection_host";

    private readonly Stack<IAsyncDisposable> owned = [];

    /// <summary>What a host does when nothing else is asked for: quick, so that tests are.</summary>
    public static ProjectionOptions Quick => new()
    {
        Heartbeat = TimeSpan.FromMilliseconds(200),
        Lease = TimeSpan.FromSeconds(2),
        IdleCheckpoints = TimeSpan.FromMilliseconds(100),
        RetryDelay = (TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(50)),
    };

    /// <summary>The store under test, which runs no projections itself.</summary>
    public ConformanceStore Store { get; } = store;

    /// <summary>Where views are kept.</summary>
    public PlainViews Views { get; } = new(store.DataSource);

    /// <summary>Text that no view may hold, for the hosts that are started after this is set.</summary>
    public string? Refused { get; set; }

    /// <summary>The name under which Npgsql counts what the hosts ask.</summary>
    public string PoolName { get; } = $"{SessionName} {Guid.NewGuid()}";

    /// <summary>What a migration does for hosts that may make no tables: it makes them, as the owner, and lets the application's role write.</summary>
    public async Task PrepareForRole()
    {
        if (Store.Setup.Role is { } role)
        {
            await new PlainViews(Store.Beside).Prepare(typeof(NumberTable), ct);
            await new ReadModelSchema(Store.Beside, Catalog(new NumberTable()), []).Migrate(ct);
            await new Migrator(Store.Beside, Store.Setup.Model, new() { ApplicationRole = role.Name }).Grant(["tests"], ct);
            await Execute($"grant select, insert, update, delete on views, views_shadow to {role.Name}");
        }
    }

    public ProjectionCatalog Catalog(params Projection[] projections) => new(Store.Setup.Model, projections);

    /// <summary>What an operator's process has, which runs no projections.</summary>
    public ProjectionOperations Operations(params Projection[] projections) => new(Store.DataSource, Catalog(projections), Store.Store.Feed, Views);

    /// <summary>The same, with options of its own.</summary>
    public ProjectionOperations Operations(ProjectionOptions options, params Projection[] projections) =>
        new(Store.DataSource, Catalog(projections), Store.Store.Feed, Views, options: options);

    /// <summary>Starts a host.</summary>
    public async Task<ProjectionRunner> Run(params Projection[] projections) => (await Start(new(), projections)).Runner;

    /// <summary>Starts a host.</summary>
    public async Task<ProjectionRunner> Run(ProjectionOptions options, params Projection[] projections) =>
        (await Start(new() { Options = options }, projections)).Runner;

    /// <summary>Starts a host.</summary>
    public async Task<ProjectionHost> Start(HostSetup setup, params Projection[] projections)
    {
        var relay = setup.BehindRelay ? new Relay(Store.ConnectionString) : null;
        var connections = new NpgsqlDataSourceBuilder(ConnectionStrings.Tune(Store.Setup.Role?.Of(Store.ConnectionString) ?? Store.ConnectionString))
        {
            Name = PoolName,
            ConnectionStringBuilder = { ApplicationName = SessionName },
        };
        relay?.Redirect(connections.ConnectionStringBuilder);
        var dataSource = connections.Build();
        var storeOptions = new EventStoreOptions();
        setup.Configure?.Invoke(storeOptions);
        var catalog = Catalog(projections);
        var views = new PlainViews(dataSource) { Refused = Refused };
        var eventStore = new PostgresEventStore(
            dataSource, Store.Setup.Model, storeOptions, loggers: setup.Loggers, inline: new InlineProjections(catalog, views));
        var changes = new ReadModelChanges(eventStore.Feed);
        if (setup.Watch is var (projection, changed))
        {
            changes.Watch(projection, changed);
        }

        var runner = new ProjectionRunner(
            dataSource,
            Store.Setup.Model,
            eventStore,
            catalog,
            views,
            setup.Options,
            new(dataSource, catalog, eventStore.Feed, views, options: setup.Options),
            setup.Metrics,
            loggers: setup.Loggers,
            changes: changes);
        owned.Push(dataSource);
        if (relay is not null)
        {
            owned.Push(relay);
        }

        owned.Push(eventStore);
        owned.Push(runner);
        await runner.StartAsync(ct);
        return new(runner, eventStore, relay);
    }

    /// <summary>Ends the sessions of all hosts, in the middle of whatever they do.</summary>
    public Task KillSessions() =>
        Execute($"select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = '{SessionName}'");

    public Task<AppendResult> Append(StreamId stream, params object[] events) =>
        Store.Append(stream, ExpectedVersion.Any, events.Select(NewEvent.Of), ct);

    public Task<AppendResult> Count(StreamId stream, params long[] numbers) => Append(stream, [.. numbers.Select(number => new Counted(number))]);

    /// <summary>Waits until a host, or the others for it, have projected everything that is stored now.</summary>
    public async Task CaughtUp(ProjectionRunner runner)
    {
        var end = await Store.Store.Feed.Refresh(ct);
        try
        {
            await runner.WaitForAll(end, Patience, ct);
        }
        catch (ReadModelBehindException late)
        {
            var rows = await Query<string>("select c::text from eventstore.projection_checkpoints c order by projection, shard");
            Assert.Fail($"{late.Message}\n{string.Join('\n', runner.Statuses)}\n{string.Join('\n', rows)}");
        }
    }

    /// <summary>The view of an aggregate.</summary>
    public Task<TView?> View<TView>(StreamId stream) where TView : class => View<TView>(stream.AggregateId, stream.TenantId);

    public async Task<TView?> View<TView>(object id, string tenant = ConformanceStore.Acme) where TView : class
    {
        await using var command = Store.Beside.CreateCommand("select data from views where view = $1 and tenant_id = $2 and id = $3");
        command.Parameters.Add(new() { Value = typeof(TView).Name });
        command.Parameters.Add(new() { Value = tenant });
        command.Parameters.Add(new() { Value = id.ToString()! });
        return await command.ExecuteScalarAsync(ct) is string json ? JsonSerializer.Deserialize<TView>(json, EventJson.Options) : null;
    }

    /// <summary>Everything in the views, as text.</summary>
    public Task<List<string>> AllViews() => Query<string>("select view || '/' || tenant_id || '/' || id || '=' || data from views order by 1");

    /// <summary>Everything in the rows of <see cref="NumberTable"/>.</summary>
    public Task<List<string>> AllNumbers() => Query<string>("select n::text from tests.numbers n order by position");

    /// <summary>The first column of a query, in its order.</summary>
    public Task<List<T>> Query<T>(string sql) => Store.Column<T>(sql, ct);

    public Task Execute(string sql) => Store.Execute(sql, ct);

    /// <summary>Waits until no rebuild runs.</summary>
    public Task Rebuilt() => Store.Until("select not exists (select from eventstore.projection_checkpoints where slot = 'shadow')", ct);

    /// <summary>Looks again until it holds.</summary>
    public Task Until(Func<bool> holds, string what) => Until(() => Task.FromResult(holds()), what);

    /// <summary>Looks again until it holds.</summary>
    public async Task Until(Func<Task<bool>> holds, string what)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await holds())
        {
            Assert.False(patience.IsCancellationRequested, $"Not within {Patience}: {what}");
            await Task.Delay(10, ct);
        }
    }

    /// <summary>Waits until a host runs so many projections on shards, and the database says so too.</summary>
    public Task Owns(ProjectionRunner runner, int count) => Until(
        async () => (await Query<long>($"select count(*) from eventstore.projection_checkpoints where owner = '{runner.Host}'"))[0] == count
            && runner.Statuses.Count == count,
        $"the host owns {count}");

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        while (owned.TryPop(out var next))
        {
            await next.DisposeAsync();
        }

        await Store.DisposeAsync();
    }
}
