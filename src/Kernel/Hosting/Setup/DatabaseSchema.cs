using JasperFx;
using Marten;
using Monolith.EventStore;
using Monolith.EventStore.Projections;
using Npgsql;
using Weasel.Core;
using Weasel.Core.Migrations;
using Wolverine.Persistence.Durability;

namespace Monolith.Hosting;

/// <summary>
/// Everything that this build needs in the database: the event store's schema, the modules' documents, the messages, the read models, and the privileges
/// of the application's role. To change it takes a connection string of the schema's owner.
/// </summary>
public sealed class DatabaseSchema
{
    private const long Lock = 0x4d6f6e6f6c697468; // "Monolith"

    private readonly NpgsqlDataSource dataSource;
    private readonly EventStore.Migrator migrator;
    private readonly ReadModelSchema readModels;
    private readonly IReadOnlyList<(string Name, IDatabase Database)> databases;

    /// <summary>The schema of a host.</summary>
    /// <param name="dataSource">The database.</param>
    /// <param name="migrator">The event store's part.</param>
    /// <param name="catalog">The projections, for what they write to.</param>
    /// <param name="documents">The documents of all modules.</param>
    /// <param name="messages">Where Wolverine keeps messages.</param>
    public DatabaseSchema(NpgsqlDataSource dataSource, EventStore.Migrator migrator, ProjectionCatalog catalog, IDocumentStore documents, IMessageStore messages)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(documents);
        (this.dataSource, this.migrator) = (dataSource, migrator);
        databases = [("documents", documents.Storage.Database), ("messages", (IDatabase)messages)];
        readModels = new(dataSource, catalog, [.. catalog.ViewTypes.Select(type =>
        {
            var table = documents.Options.FindOrResolveDocumentType(type).TableName;
            return (table.Schema, table.Name);
        })]);
    }

    private IReadOnlyList<string> Schemas =>
        [.. databases.SelectMany(part => part.Database.AllSchemaNames()).Concat(readModels.Schemas).Where(schema => schema != "public").Distinct(StringComparer.Ordinal)];

    /// <summary>What the database lacks and a host cannot do without, each in a few words; empty when there is nothing. Changes nothing.</summary>
    /// <exception cref="SchemaException">The database is newer than this build.</exception>
    public async Task<IReadOnlyList<string>> Missing(CancellationToken ct = default)
    {
        List<string> missing = [.. await migrator.Missing(ct)];
        var hasStore = (await migrator.Pending(ct)).Count == 0;
        foreach (var (name, database) in databases)
        {
            missing.AddRange((await database.CreateMigrationAsync(ct)).Deltas
                .Where(delta => delta.Difference != SchemaPatchDifference.None)
                .Select(delta => $"{name}: {delta.SchemaObject.Identifier}"));
        }

        if (hasStore)
        {
            missing.AddRange(await readModels.Missing(ct));
            if (missing.Count == 0 && await migrator.MissingGrants(Schemas, ct) is { } grants)
            {
                missing.Add(grants);
            }
        }

        return missing;
    }

    /// <summary>Everything that <see cref="Migrate"/> would see to, each in a few words; empty when the database is up to date. Changes nothing.</summary>
    /// <exception cref="SchemaException">The database is newer than this build.</exception>
    public async Task<IReadOnlyList<string>> Check(CancellationToken ct = default) =>
        [.. await Missing(ct), .. (await migrator.DataIndexChanges(ct)).Select(statement => $"index on event data: {statement}")];

    /// <summary>Makes what is missing. Several at once do it one after another, and running it again changes nothing.</summary>
    /// <returns>What was missing, each in a few words.</returns>
    /// <exception cref="SchemaException">The database is newer than this build, or the role of the connection may not change it.</exception>
    public async Task<IReadOnlyList<string>> Migrate(CancellationToken ct = default)
    {
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        await using var serialize = new NpgsqlCommand("select pg_advisory_lock($1)", connection) { Parameters = { new() { Value = Lock } } };
        await serialize.ExecuteNonQueryAsync(ct);
        try
        {
            var missing = await Check(ct);
            if (missing.Count > 0)
            {
                await Apply(ct);
            }

            return missing;
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new SchemaException($"The role of this connection may not change the schema: migrate with a connection string of its owner. ({error.MessageText})", error);
        }
        finally
        {
            serialize.CommandText = "select pg_advisory_unlock($1)";
            await serialize.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    /// <summary>What <see cref="Migrate"/> would execute, as SQL that psql runs as it is. Changes nothing.</summary>
    /// <exception cref="SchemaException">The database is newer than this build.</exception>
    public async Task<string> Script(CancellationToken ct = default)
    {
        if ((await Check(ct)).Count == 0)
        {
            return "-- The database is up to date.\n";
        }

        var script = new StringWriter();
        await script.WriteAsync(await migrator.Script(ct));
        foreach (var (_, database) in databases)
        {
            await Write(script, database, ct);
        }

        await script.WriteAsync(readModels.Script());
        await script.WriteAsync(migrator.GrantScript(Schemas));
        return script.ToString();
    }

    private async Task Apply(CancellationToken ct)
    {
        await migrator.Migrate(ct);
        await Task.WhenAll(databases.Select(part => part.Database.ApplyAllConfiguredChangesToDatabaseAsync(AutoCreate.CreateOrUpdate, ct: ct)));
        await readModels.Migrate(ct);
        await migrator.Grant(Schemas, ct);
    }

    private static async Task Write(StringWriter script, IDatabase database, CancellationToken ct)
    {
        var migration = await database.CreateMigrationAsync(ct);
        if (migration.Difference == SchemaPatchDifference.None)
        {
            return;
        }

        using var changes = new StringWriter();
        database.Migrator.WriteSchemaCreationSql(migration.Schemas, changes);
        migration.WriteAllUpdates(changes, database.Migrator, AutoCreate.CreateOrUpdate);

        // What says "create index concurrently" cannot be one transaction; each of its statements may be repeated.
        var isWhole = !changes.ToString().Contains("concurrently", StringComparison.OrdinalIgnoreCase);
        await script.WriteAsync(isWhole ? $"begin;\n{changes}commit;\n" : changes.ToString());
    }
}
