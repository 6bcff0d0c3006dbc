using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Monolith.EventStore;
using Monolith.Testing;
using Monolith.Testing.Conformance;

namespace Monolith.Hosting.Tests;

public sealed class PreparationTests(PostgresFixture postgres)
{
    private const string Shape =
        """
        select format('%s %s.%s %s', c.relkind, n.nspname, c.relname, (select string_agg(format('%s %s %s', attname, atttypid::regtype, attnotnull), ', ' order by attnum) from pg_attribute where attrelid = c.oid and attnum > 0))
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('eventstore', 'notes', 'wolverine', 'public')
        union all
        select format('%s %s', conname, pg_get_constraintdef(k.oid)) from pg_constraint k join pg_namespace n on n.oid = k.connamespace
        where n.nspname in ('eventstore', 'notes', 'wolverine', 'public')
        union all
        select format('%s %s', f.oid::regprocedure, md5(prosrc)) from pg_proc f join pg_namespace n on n.oid = f.pronamespace
        where n.nspname in ('eventstore', 'notes', 'wolverine', 'public')
        union all
        select to_jsonb(m)::text from (select number, name from eventstore.migrations) m
        order by 1
        """;

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
        await using var host = NotesHost.Build(database.ConnectionString, "Production", log: null, NotesHost.ProductionSettings);
        await Assert.ThrowsAsync<SchemaException>(() => host.StartAsync(Ct));

        Assert.Equal(["public"], await Schemas(database));
    }

    [Fact]
    public async Task What_is_missing_is_named_until_the_migration_has_run_and_that_changes_nothing()
    {
        await using var database = await postgres.CreateDatabase(Ct);
        await using var host = NotesHost.Build(database.ConnectionString, "Production");
        var schema = host.Services.GetRequiredService<DatabaseSchema>();

        var missing = await schema.Missing(Ct);
        Assert.Contains("event store migration 0001_event_store", missing);
        Assert.Contains("partitions of the aggregate type note", missing);
        Assert.Contains(missing, what => what.StartsWith("documents: notes.mt_doc_pin", StringComparison.Ordinal));
        Assert.Contains(missing, what => what.StartsWith("messages: wolverine.", StringComparison.Ordinal));
        Assert.Equal(["public"], await Schemas(database));

        Assert.Equal(missing, await schema.Migrate(Ct));
        Assert.Empty(await schema.Missing(Ct));
        Assert.Empty(await schema.Migrate(Ct));
        await database.DataSource.Execute("drop table notes.mt_doc_pin; drop table eventstore.events_note_pool_3", Ct);
        Assert.Superset(
            new HashSet<string>(StringComparer.Ordinal) { "partitions of the aggregate type note", "documents: notes.mt_doc_pin" },
            (await schema.Missing(Ct)).ToHashSet(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_script_makes_an_empty_database_what_the_migration_makes_it()
    {
        await using var scripted = await postgres.CreateDatabase(Ct);
        await using var migrated = await postgres.CreateDatabase(Ct);
        await using var host = NotesHost.Build(scripted.ConnectionString, "Production");
        await using var other = NotesHost.Build(migrated.ConnectionString, "Production");
        var schema = host.Services.GetRequiredService<DatabaseSchema>();

        await scripted.DataSource.Execute(await schema.Script(Ct), Ct);
        await other.Services.GetRequiredService<DatabaseSchema>().Migrate(Ct);

        Assert.Empty(await schema.Missing(Ct));
        Assert.Equal(await migrated.DataSource.Column<string>(Shape, Ct), await scripted.DataSource.Column<string>(Shape, Ct));
        Assert.Equal("-- The database is up to date.\n", await schema.Script(Ct));
    }

    [Fact]
    public async Task The_script_of_a_database_that_lacks_a_little_adds_that_little()
    {
        await using var database = await postgres.CreateDatabase(Ct);
        await using var host = NotesHost.Build(database.ConnectionString, "Production");
        var schema = host.Services.GetRequiredService<DatabaseSchema>();
        await schema.Migrate(Ct);
        await database.DataSource.Execute("drop table notes.mt_doc_pin", Ct);

        var script = await schema.Script(Ct);
        await database.DataSource.Execute(script, Ct);

        Assert.DoesNotContain("create table eventstore.", script, StringComparison.Ordinal);
        Assert.Empty(await schema.Missing(Ct));
    }

    [Fact]
    public async Task A_migration_under_a_role_that_does_not_own_the_schema_says_so()
    {
        await using var database = await postgres.CreateDatabase(Ct);
        var role = await postgres.Role("application", Ct);
        await using var host = NotesHost.Build(role.Of(database.ConnectionString), "Production");

        var refused = await Assert.ThrowsAsync<SchemaException>(() => host.Services.GetRequiredService<DatabaseSchema>().Migrate(Ct));

        Assert.Contains("owner", refused.Message, StringComparison.Ordinal);
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
