using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Monolith.EventStore;
using Monolith.Testing;

namespace Monolith.Hosting.Tests;

public sealed class PreparationTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_hosts_that_start_at_once_on_an_empty_database_both_start()
    {
        await using var database = await postgres.CreateDatabase(Ct);
        await using var one = NotesHost.Build(database.ConnectionString, "Development");
        await using var other = NotesHost.Build(database.ConnectionString, "Development");
        await Task.WhenAll(one.StartAsync(Ct), other.StartAsync(Ct)).WaitAsync(TimeSpan.FromMinutes(2), Ct);

        var schemas = await Schemas(database);
        Assert.Superset(new HashSet<string>(StringComparer.Ordinal) { "eventstore", "notes", "wolverine" }, schemas);
        await Task.WhenAll(one.StopAsync(Ct), other.StopAsync(Ct));
    }

    [Fact]
    public async Task Outside_Development_a_host_refuses_to_start_on_a_schema_that_does_not_fit_and_changes_nothing()
    {
        await using var database = await postgres.CreateDatabase(Ct);
        await using var host = NotesHost.Build(database.ConnectionString, "Production");
        await Assert.ThrowsAsync<SchemaException>(() => host.StartAsync(Ct));

        Assert.Equal(["public"], await Schemas(database));
    }

    [Fact]
    public async Task A_host_whose_database_is_gone_is_alive_but_not_ready()
    {
        var database = await postgres.CreateDatabase(Ct);
        await using var host = NotesHost.Build(database.ConnectionString, "Development");
        await host.StartAsync(Ct);
        using var client = new HttpClient { BaseAddress = new(host.Urls.First()) };
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/health/ready", UriKind.Relative), Ct)).StatusCode);

        await database.DisposeAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync(new Uri("/health/ready", UriKind.Relative), Ct)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/health/live", UriKind.Relative), Ct)).StatusCode);
        await host.StopAsync(Ct);
    }

    private static async Task<HashSet<string>> Schemas(TestDatabase database)
    {
        await using var command = database.DataSource.CreateCommand(
            "select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'");
        await using var reader = await command.ExecuteReaderAsync(Ct);
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(Ct))
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }
}
