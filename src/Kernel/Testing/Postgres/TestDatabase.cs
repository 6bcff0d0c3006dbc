using Npgsql;

namespace Monolith.Testing;

/// <summary>A database that belongs to one test, or to one test class. Disposing drops it, whoever is still connected.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private readonly TestServer server;
    private readonly Lazy<NpgsqlDataSource> dataSource;

    internal TestDatabase(TestServer server, string name)
    {
        this.server = server;
        Name = name;
        ConnectionString = server.ConnectionStringFor(name);
        dataSource = new(() => NpgsqlDataSource.Create(ConnectionString));
    }

    /// <summary>The name of the database.</summary>
    public string Name { get; }

    /// <summary>The connection string to it, as its owner.</summary>
    public string ConnectionString { get; }

    /// <summary>Connections to it for the test's own questions; disposed with the database.</summary>
    public NpgsqlDataSource DataSource => dataSource.Value;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (dataSource.IsValueCreated)
        {
            await dataSource.Value.DisposeAsync();
        }

        await server.Execute($"drop database if exists {Name} with (force)", CancellationToken.None);
    }
}
