using Monolith.EmbeddedPostgres;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;

namespace Monolith.Benchmarks;

/// <summary>What the suites share: one server with durable commits, and a database of its own for each suite.</summary>
internal static class Benchmark
{
    public const string ServerVariable = "MONOLITH_BENCHMARK_POSTGRES";

    private static readonly string DataDirectory = Path.Combine(Path.GetTempPath(), "monolith-benchmarks-" + Environment.ProcessId);
    private static readonly HashSet<string> Made = new(StringComparer.Ordinal);
    private static readonly HashSet<string> Kept = new(StringComparer.Ordinal);
    private static EmbeddedPostgresServer? server;

    public static Effort Effort { get; set; }

    public static bool IsDry => Effort == Effort.Dry;

    /// <summary>Whether one of them did not do its work. BenchmarkDotNet goes on when a cleanup fails.</summary>
    public static bool HasFailed { get; private set; }

    /// <summary>The three ledgers.</summary>
    public static DomainModel Model { get; } = Ledgers().AddAggregate(typeof(CachedLedger)).AddAggregate(typeof(UnsnappedLedger)).Build();

    /// <summary>The connection string of the server that all of them use, to its own database.</summary>
    public static async Task<string> Server()
    {
        if (Environment.GetEnvironmentVariable(ServerVariable) is { } given)
        {
            return given;
        }

        // 256 writers of one suite, and the idle connections of those before them.
        server ??= await EmbeddedPostgresServer.Start(new() { DataDirectory = DataDirectory, MaxConnections = 1000 });
        return server.ConnectionString;
    }

    /// <summary>The connection string of an empty database.</summary>
    public static async Task<string> NewDatabase(string name)
    {
        await AskServer<object>($"drop database if exists {name} with (force)");
        await AskServer<object>($"create database {name}");
        Made.Add(name);
        return ConnectionStrings.Tune(new NpgsqlConnectionStringBuilder(await Server()) { Database = name, MaxPoolSize = 300 }.ConnectionString);
    }

    /// <summary>The first value of the first row that the server answers with.</summary>
    public static async Task<T?> AskServer<T>(string sql)
    {
        await using var dataSource = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(await Server()) { Pooling = false }.ConnectionString);
        await using var command = dataSource.CreateCommand(sql);
        command.CommandTimeout = 0;
        return await command.ExecuteScalarAsync() is T value ? value : default;
    }

    /// <summary>Removes the databases that nobody needs any more, and brings to the disk what is not there: what is measured next begins as the one before did.</summary>
    public static async Task Settle()
    {
        foreach (var database in Made.Except(Kept, StringComparer.Ordinal).ToList())
        {
            await AskServer<object>($"drop database if exists {database} with (force)");
            Made.Remove(database);
        }

        await AskServer<object>("checkpoint");
    }

    /// <summary>Says of a database that it serves all runs.</summary>
    public static void Keep(string database) => Kept.Add(database);

    /// <summary>A migrated store with the tenant <c>acme</c>.</summary>
    public static async Task<PostgresEventStore> NewStore(NpgsqlDataSource dataSource, EventStoreOptions? options = null, DomainModel? model = null)
    {
        await new Migrator(dataSource, model ?? Model, options).Migrate();
        var store = new PostgresEventStore(dataSource, model ?? Model, options);
        await store.Tenants.Add("acme");
        return store;
    }

    /// <summary>The types of one ledger, to add others to.</summary>
    public static DomainModelBuilder Ledgers() =>
        new DomainModelBuilder().AddEvent(typeof(Opened)).AddEvent(typeof(Moved)).AddAggregate(typeof(Ledger));

    public static async Task Execute(NpgsqlDataSource dataSource, string sql)
    {
        await using var command = dataSource.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Opens so many connections and gives them back to their pool, so that none is opened while time is taken.</summary>
    public static async Task Warm(NpgsqlDataSource dataSource, int connections)
    {
        var opened = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => dataSource.OpenConnectionAsync().AsTask()));
        await Task.WhenAll(opened.Select(connection => connection.DisposeAsync().AsTask()));
    }

    /// <summary>So many writers at once, each with a stream of its own; together they append so often.</summary>
    public static Task Write(int writers, int appends, Func<int, Guid, long, Task> append) =>
        Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            var stream = Guid.CreateVersion7();
            for (long number = 1; number <= appends / writers; number++)
            {
                await append(writer, stream, number);
            }
        })));

    /// <summary>What is measured must have happened: throws unless the table has so many rows.</summary>
    public static async Task ExpectRows(NpgsqlDataSource dataSource, string table, long expected)
    {
        await using var command = dataSource.CreateCommand($"select count(*) from {table}");
        command.CommandTimeout = 0;
        Expect(expected, (long)(await command.ExecuteScalarAsync())!);
    }

    /// <summary>Throws unless both are the same.</summary>
    public static void Expect<T>(T expected, T actual)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            HasFailed = true;
            throw new InvalidOperationException($"The benchmark did not do its work: {actual} instead of {expected}.");
        }
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
