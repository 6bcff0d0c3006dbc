using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;

namespace Monolith.Testing.Conformance;

/// <summary>A store under test: on a database of its own, with tenants and with a way round it to the tables.</summary>
public sealed class ConformanceStore : IAsyncDisposable
{
    /// <summary>A tenant in a pool shard.</summary>
    public const string Acme = "acme";

    /// <summary>A tenant in another pool shard.</summary>
    public const string Globex = "globex";

    /// <summary>A tenant in the pool shard of <see cref="Acme"/>.</summary>
    public const string Hooli = "hooli";

    /// <summary>A tenant in a shard of its own.</summary>
    public const string Initech = "initech";

    private readonly IAsyncDisposable? database;
    private readonly NpgsqlDataSource beside;
    private readonly List<ConformanceStore> otherHosts = [];

    private ConformanceStore(string connectionString, StoreSetup setup, IAsyncDisposable? database)
    {
        this.database = database;
        Setup = setup;
        ConnectionString = connectionString;
        beside = NpgsqlDataSource.Create(connectionString);
        var connection = new NpgsqlConnectionStringBuilder(ConnectionStrings.Tune(setup.Role?.Of(connectionString) ?? connectionString));
        setup.Connect?.Invoke(connection);
        DataSource = NpgsqlDataSource.Create(connection);
        Store = new(DataSource, setup.Model, OptionsOf(setup), setup.Time, setup.Loggers);
    }

    /// <summary>The types of the suite.</summary>
    public static DomainModel DefaultModel { get; } = new DomainModelBuilder()
        .AddEvent(typeof(Counted)).AddEvent(typeof(Noted)).AddAggregate(typeof(Tally))
        .AddEvent(typeof(OrderPlaced)).AddEvent(typeof(OrderRemarked)).AddEvent(typeof(OrderMeasured)).AddAggregate(typeof(Order))
        .AddEvent(typeof(Joined)).AddEvent(typeof(Moved)).AddEvent(typeof(Left)).AddAggregate(typeof(Member))
        .Build();

    /// <summary>What it was made from.</summary>
    public StoreSetup Setup { get; }

    /// <summary>The store.</summary>
    public PostgresEventStore Store { get; }

    /// <summary>The connections that the store uses.</summary>
    public NpgsqlDataSource DataSource { get; }

    /// <summary>The connection string of the database's owner, untuned.</summary>
    public string ConnectionString { get; }

    /// <summary>Connections beside the store.</summary>
    public NpgsqlDataSource Beside => beside;

    /// <summary>A new stream of tallies.</summary>
    public static StreamId NewTally(string tenant = Acme) => new(tenant, "tally", Guid.CreateVersion7());

    /// <summary>A new stream of orders.</summary>
    public static StreamId NewOrder(string tenant = Acme) => new(tenant, "order", Guid.CreateVersion7());

    /// <summary>A new stream of members.</summary>
    public static StreamId NewMember(string tenant = Acme) => new(tenant, "member", Guid.CreateVersion7());

    /// <summary>Events that count the numbers from the first to the last.</summary>
    public static NewEvent[] Counts(int first, int last) => [.. Enumerable.Range(first, last - first + 1).Select(number => NewEvent.Of(new Counted(number)))];

    /// <summary>Another host on the same database: it shares nothing with this one but the tables.</summary>
    public ConformanceStore AnotherHost(StoreSetup? setup = null)
    {
        var host = new ConformanceStore(ConnectionString, setup ?? Setup, database: null);
        otherHosts.Add(host);
        return host;
    }

    /// <summary>A host that connects as the owner of the database, as an operator's command does, for what the application's role may not.</summary>
    public ConformanceStore AsOwner() => Setup.Role is null ? this : AnotherHost(Setup with { Role = null });

    /// <summary>Appends.</summary>
    public Task<AppendResult> Append(StreamId stream, ExpectedVersion expected, IEnumerable<NewEvent> events, CancellationToken ct) =>
        Store.Append(new(stream, expected, events), ct);

    /// <summary>Stores a new tally of so many events, with the snapshots that are due.</summary>
    public async Task<StreamId> StoreTally(int events, CancellationToken ct, string tenant = Acme)
    {
        var stream = NewTally(tenant);
        await Append(stream, ExpectedVersion.None, Counts(1, events), ct);
        await Store.DrainSnapshots(ct);
        return stream;
    }

    /// <summary>Reads a stream.</summary>
    public ValueTask<List<EventEnvelope>> Read(StreamId stream, StreamRange range, CancellationToken ct) => Store.Read(stream, range, ct).ToListAsync(ct);

    /// <summary>The versions that a stream has.</summary>
    public async Task<List<long>> Versions(StreamId stream, CancellationToken ct) => [.. (await Read(stream, StreamRange.All, ct)).Select(e => e.Version)];

    /// <summary>The numbers that a tally has counted.</summary>
    public async Task<List<long>> Numbers(StreamId stream, CancellationToken ct) =>
        [.. (await Read(stream, StreamRange.All, ct)).Select(e => ((Counted)e.Event).Number)];

    /// <summary>Reads the feed as far as it may be read now.</summary>
    public ValueTask<List<EventEnvelope>> ReadFeed(FeedRange range, CancellationToken ct) => Store.ReadFeed(range, ct).ToListAsync(ct);

    /// <summary>The positions of the feed as far as it may be read now.</summary>
    public async Task<List<long>> FeedPositions(CancellationToken ct) =>
        [.. (await ReadFeed(new() { Limit = int.MaxValue }, ct)).Select(e => e.Position)];

    /// <summary>Runs SQL beside the store.</summary>
    public Task<int> Execute(string sql, CancellationToken ct) => beside.Execute(sql, ct);

    /// <summary>Asks for one value beside the store.</summary>
    public Task<T> Scalar<T>(string sql, CancellationToken ct) => beside.Scalar<T>(sql, ct);

    /// <summary>Asks for one column beside the store.</summary>
    public Task<List<T>> Column<T>(string sql, CancellationToken ct) => beside.Column<T>(sql, ct);

    /// <summary>A connection beside the store.</summary>
    public async Task<NpgsqlConnection> Connect(CancellationToken ct) => await beside.OpenConnectionAsync(ct);

    /// <summary>An append that another host makes in a transaction that stays open.</summary>
    public async Task<OpenAppend> BeginAppend(CancellationToken ct) => await OpenAppend.Begin(await Connect(ct), ct);

    /// <summary>How many events the tables hold, whatever the store says.</summary>
    public Task<long> CountStored(CancellationToken ct) => Scalar<long>("select count(*) from eventstore.events", ct);

    /// <summary>Waits until so many sessions of this database wait for a lock of another.</summary>
    public Task UntilBlocked(int sessions, CancellationToken ct) =>
        Until($"select count(*) >= {sessions} from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'", ct);

    /// <summary>Waits until a query says true.</summary>
    public Task Until(string query, CancellationToken ct) => beside.Until(query, ct);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var host in otherHosts)
        {
            await host.DisposeAsync();
        }

        await Store.DisposeAsync();
        await DataSource.DisposeAsync();
        await beside.DisposeAsync();
        if (database is not null)
        {
            await database.DisposeAsync();
        }
    }

    /// <summary>A store in an empty database that the caller keeps.</summary>
    public static async Task<ConformanceStore> CreateIn(string connectionString, StoreSetup? setup = null)
    {
        setup ??= new();
        await Build(connectionString, setup);
        return new(connectionString, setup, database: null);
    }

    /// <summary>A store on a database that holds one already, which the caller keeps.</summary>
    public static ConformanceStore On(string connectionString, StoreSetup? setup = null) => new(connectionString, setup ?? new(), database: null);

    internal static async Task<ConformanceStore> Create(PostgresFixture postgres, StoreSetup setup, CancellationToken ct)
    {
        var pools = OptionsOf(setup).PoolShards;
        var types = string.Join(',', setup.Model.Aggregates.Select(type => type.IndexData ? type.Name + " indexed" : type.Name));
        var template = new DatabaseTemplate($"conformance {pools} {types} {setup.Role?.Name}", connectionString => Build(connectionString, setup));
        var copy = await postgres.CreateDatabase(template, ct);
        return new(copy.ConnectionString, setup, copy);
    }

    private static EventStoreOptions OptionsOf(StoreSetup setup)
    {
        var options = new EventStoreOptions { PoolShards = 2, ApplicationRole = setup.Role?.Name };
        setup.Configure?.Invoke(options);
        return options;
    }

    private static async Task Build(string connectionString, StoreSetup setup)
    {
        await using var dataSource = NpgsqlDataSource.Create(connectionString);
        await new Migrator(dataSource, setup.Model, OptionsOf(setup)).Migrate();
        var tenants = new Tenants(dataSource);
        foreach (var tenant in (string[])[Acme, Globex, Hooli])
        {
            await tenants.Add(tenant);
        }

        await tenants.Add(Initech, TenantPlacement.Dedicated);
    }
}
