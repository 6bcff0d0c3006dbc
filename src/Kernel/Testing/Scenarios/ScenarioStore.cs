using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.EventStore.Projections;
using Monolith.Testing.Conformance;
using Npgsql;
using Xunit;

namespace Monolith.Testing;

/// <summary>An event as a scenario gives it, before it is read.</summary>
internal sealed record GivenEvent(StreamId Stream, long Version, Guid Id, DateTimeOffset RecordedAt, object Event, EventMetadata Metadata);

/// <summary>A store on PostgreSQL for the events of a scenario, and hosts that project them. Views are kept in a plain table.</summary>
internal sealed class ScenarioStore : IAsyncDisposable
{
    /// <summary>Longer than anything takes on a busy machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const string HostName = "scenario_host";
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(10);

    private readonly TestDatabase database;
    private readonly DomainModel model;
    private readonly PostgresEventStore store;
    private readonly NpgsqlDataSource dataSource;
    private readonly PlainViews views;
    private readonly Stack<IAsyncDisposable> hosts = [];

    private ScenarioStore(TestDatabase database, DomainModel model)
    {
        (this.database, this.model) = (database, model);
        dataSource = NpgsqlDataSource.Create(ConnectionStrings.Tune(database.ConnectionString));
        store = new(dataSource, model);
        views = new(dataSource);
    }

    /// <summary>For tests' own questions.</summary>
    public NpgsqlDataSource DataSource => database.DataSource;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>An empty store for the aggregates of a model.</summary>
    public static async Task<ScenarioStore> Create(PostgresFixture postgres, DomainModel model)
    {
        var template = new DatabaseTemplate($"scenario {string.Join(',', model.Aggregates.Select(type => type.Name))}", async connectionString =>
        {
            await using var owner = NpgsqlDataSource.Create(connectionString);
            await new Migrator(owner, model).Migrate();
            await new Tenants(owner).Add(ProjectionScenario.TenantId);
        });
        return new(await postgres.CreateDatabase(template, Ct), model);
    }

    /// <summary>Stores events as they are given: with their ids, versions and times.</summary>
    public Task Append(IEnumerable<GivenEvent> events) => store.Import(
        events.Select(given => ImportedEvent.Of(given.Stream, given.Version, given.Id, given.RecordedAt, given.Event) with { Metadata = given.Metadata }).ToAsyncEnumerable(),
        ct: Ct);

    public ProjectionOperations Operations(IReadOnlyList<Projection> projections) => new(dataSource, new(model, projections), store.Feed, views);

    /// <summary>Starts a host that takes so many events at once at most.</summary>
    public async Task<ProjectionRunner> Run(IReadOnlyList<Projection> projections, int batch)
    {
        var connections = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(ConnectionStrings.Tune(database.ConnectionString)) { ApplicationName = HostName }.ConnectionString);
        var host = new PostgresEventStore(connections, model);
        var options = ProjectionHosts.Quick;
        options.MaxBatchEvents = batch;
        var runner = new ProjectionRunner(connections, model, host, new(model, projections), new PlainViews(connections), options);
        hosts.Push(connections);
        hosts.Push(host);
        hosts.Push(runner);
        await runner.StartAsync(Ct);
        return runner;
    }

    /// <summary>Waits until a host has projected everything that is stored now.</summary>
    public async Task CaughtUp(ProjectionRunner runner)
    {
        await runner.WaitForAll(await store.Feed.Refresh(Ct), Patience, Ct);
        var parked = await Operations([]).Parked(ct: Ct);
        Assert.True(parked.Count == 0, $"Events could not be taken: {string.Join('\n', parked.Select(one => $"{one.Projection}: {one.EventType} {one.Error}"))}");
    }

    /// <summary>How many events all projections have taken.</summary>
    public Task<long> Taken() => DataSource.Scalar<long>("select coalesce(sum(events), 0)::bigint from eventstore.projection_checkpoints", Ct);

    /// <summary>Ends the sessions of all hosts, in the middle of whatever they do.</summary>
    public Task KillSessions() => DataSource.Execute(
        $"select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = '{HostName}'", Ct);

    /// <summary>Looks again until it holds.</summary>
    public static async Task Until(Func<Task<bool>> holds, string what)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await holds())
        {
            Assert.False(patience.IsCancellationRequested, $"Not within {Patience}: {what}");
            await Task.Delay(BetweenLooks, Ct);
        }
    }

    /// <summary>All rows of a projection, as text, in one order.</summary>
    public async Task<IReadOnlyList<string>> Rows(Projection projection)
    {
        if (projection is not TableProjection table)
        {
            // Before the first view there is no table.
            if (!await DataSource.Scalar<bool>("select to_regclass('views') is not null", Ct))
            {
                return [];
            }

            return await DataSource.Column<string>(
                $"select tenant_id || '/' || id || ' = ' || data from views where view = '{DocumentOf(projection.GetType()).Name}' order by 1", Ct);
        }

        var rows = new List<string>();
        foreach (var name in table.Tables)
        {
            rows.AddRange(await DataSource.Column<string>($"select '{name} ' || t::text from {table.Schema}.{name} t order by 1", Ct));
        }

        return rows;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        while (hosts.TryPop(out var next))
        {
            await next.DisposeAsync();
        }

        await store.DisposeAsync();
        await dataSource.DisposeAsync();
        await database.DisposeAsync();
    }

    private static Type DocumentOf(Type projection)
    {
        var type = projection;
        while (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(DocumentProjection<,>))
        {
            type = type.BaseType ?? throw new ArgumentException($"{projection} keeps no rows.", nameof(projection));
        }

        return type.GetGenericArguments()[0];
    }
}
