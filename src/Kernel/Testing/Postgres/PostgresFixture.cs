using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;
using Xunit;

namespace Monolith.Testing;

/// <summary>
/// A PostgreSQL server for the tests of one process, found by itself, and a database of its own for each test that asks. Declare it once in a
/// test project, <c>[assembly: AssemblyFixture(typeof(PostgresFixture))]</c>, and take it in the constructor of the test class. Nothing is
/// started before the first database is asked for. Safe for tests in parallel.
/// </summary>
/// <remarks>
/// The environment variable <see cref="ServerVariable"/> holds the connection string of a server whose user may create databases, or the word
/// <c>docker</c> or <c>embedded</c> to have that one or fail. Without it: Docker when it answers, else the embedded server. On a server that was given,
/// databases that a killed run left behind are dropped by the next run.
/// </remarks>
public sealed class PostgresFixture : IAsyncLifetime
{
    /// <summary>The environment variable that names the server.</summary>
    public const string ServerVariable = "MONOLITH_TEST_POSTGRES";

    private const string DatabasePrefix = "monolith_test_";

    // Of this run alone: other processes may use the same server at the same moment.
    private readonly string run = DatabasePrefix + Guid.NewGuid().ToString("N")[..12];
    private readonly ConcurrentDictionary<string, Lazy<Task<string>>> templates = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Lazy<Task<TestRole>>> roles = new(StringComparer.Ordinal);
    private readonly Lazy<Task<TestServer>> server;
    private int lastNumber;

    /// <summary>A fixture whose server is found when it is first needed.</summary>
    public PostgresFixture() : this(Environment.GetEnvironmentVariable(ServerVariable))
    {
    }

    internal PostgresFixture(string? wanted) => server = new(() => TestServer.Find(wanted, run));

    /// <summary>A new, empty database.</summary>
    public async Task<TestDatabase> CreateDatabase(CancellationToken ct = default) =>
        new(await server.Value.WaitAsync(ct), await Create(template: null, ct));

    /// <summary>A new database that is a copy of a template, which is built when it is first asked for. A copy takes some 0.1 s.</summary>
    /// <exception cref="Exception">Whatever building the template threw; every later call with it throws the same.</exception>
    public async Task<TestDatabase> CreateDatabase(DatabaseTemplate template, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(template);
        var built = await templates.GetOrAdd(template.Key, _ => new(() => Build(template))).Value.WaitAsync(ct);
        return new(await server.Value.WaitAsync(ct), await Create(built, ct));
    }

    /// <summary>A role that may connect and nothing else, made when it is first asked for and dropped with the databases.</summary>
    /// <param name="key">What it is told by: two with the same key are the same role.</param>
    /// <param name="ct">Stops waiting for it.</param>
    public Task<TestRole> Role(string key, CancellationToken ct = default) => roles.GetOrAdd(key, _ => new(CreateRole)).Value.WaitAsync(ct);

    /// <inheritdoc/>
    ValueTask IAsyncLifetime.InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Drops what is left of the databases, and stops the server if this fixture started it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (server.IsValueCreated && server.Value.IsCompletedSuccessfully)
        {
            await (await server.Value).DisposeAsync();
        }
    }

    // Not cancelled with the test that asked first, because others wait for the same template.
    private async Task<string> Build(DatabaseTemplate template)
    {
        var name = await Create(template: null, CancellationToken.None);
        var target = await server.Value;
        await template.Build(new NpgsqlConnectionStringBuilder(target.ConnectionStringFor(name)) { Pooling = false }.ConnectionString);

        // A database can only be copied while nobody is connected to it.
        await target.Execute($"alter database {name} with allow_connections false", CancellationToken.None);
        await target.Execute($"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'", CancellationToken.None);
        return name;
    }

    private async Task<TestRole> CreateRole()
    {
        var target = await server.Value;
        var role = new TestRole(
            string.Create(CultureInfo.InvariantCulture, $"{run}_role_{Interlocked.Increment(ref lastNumber)}"), Guid.NewGuid().ToString("N"));
        await target.Execute($"create role {role.Name} login password '{role.Password}'", CancellationToken.None);
        return role;
    }

    private async Task<string> Create(string? template, CancellationToken ct)
    {
        var target = await server.Value.WaitAsync(ct);
        var name = string.Create(CultureInfo.InvariantCulture, $"{run}_{Interlocked.Increment(ref lastNumber)}");
        // Files are copied rather than logged block by block, which takes half the time where next to nothing waits to be written back.
        await target.Execute($"create database {name} template {template ?? "template0"} strategy file_copy", ct);
        return name;
    }
}
