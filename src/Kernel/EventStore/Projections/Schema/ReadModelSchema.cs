using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>
/// Makes the tables of table projections, and writes down in the database which tables are read models, so that rebuilds can replace them under a role
/// that makes and drops no tables itself. Part of the migration, after <see cref="Migrator"/> and whatever makes the tables of documents; it connects
/// as the owner. Where no such role is used nothing depends on it: whoever runs a projection does the same first.
/// </summary>
/// <param name="dataSource">The database of the store.</param>
/// <param name="catalog">The projections.</param>
/// <param name="documents">The tables of the documents that projections make.</param>
public sealed class ReadModelSchema(NpgsqlDataSource dataSource, ProjectionCatalog catalog, IReadOnlyList<(string Schema, string Table)> documents)
{
    private IEnumerable<TableProjection> TableProjections => catalog.All.OfType<TableProjection>();

    /// <summary>The schemas in which the read models lie.</summary>
    public IReadOnlyList<string> Schemas { get; } =
        [.. documents.Select(document => document.Schema).Concat(catalog.All.OfType<TableProjection>().Select(projection => projection.Schema)).Distinct(StringComparer.Ordinal)];

    /// <summary>What <see cref="Migrate"/> would see to, each in a few words. Changes nothing. Needs the schema of the event store.</summary>
    public async Task<IReadOnlyList<string>> Missing(CancellationToken ct = default)
    {
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        var missing = (await UnknownDocuments(connection, ct)).ConvertAll(table => $"read model {table}");
        missing.AddRange((await UnmadeTables(connection, ct)).Select(projection => $"tables of {projection.Name} {projection.Version}"));
        return missing;
    }

    /// <summary>Makes and writes down what is missing, in one transaction. Running it again changes nothing.</summary>
    public async Task Migrate(CancellationToken ct = default)
    {
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await Execute(connection, Statements.Text("migration_lock.sql"), ct);
        foreach (var statement in Steps(documents, await UnmadeTables(connection, ct)))
        {
            await Execute(connection, statement, ct);
        }

        await transaction.CommitAsync(ct);
    }

    /// <summary>
    /// What <see cref="Migrate"/> executes, as SQL that psql runs as it is; empty when there is nothing. All of it, whatever the database has already: it
    /// is asked nothing, because the script may be for one that is still empty.
    /// </summary>
    public string Script() => documents.Count == 0 && !TableProjections.Any()
        ? ""
        : Migrator.Transaction(Steps(documents, TableProjections).Prepend(Statements.Text("migration_lock.sql")));

    private static IEnumerable<string> Steps(IEnumerable<(string Schema, string Table)> documents, IEnumerable<TableProjection> projections) =>
    [
        .. documents.Select(document => Literals.Statement("register_read_model.sql", Literals.Of(document.Schema), Literals.Of(document.Table))),
        .. projections.SelectMany(TableSchema.Make),
    ];

    private async Task<List<string>> UnknownDocuments(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Statements.Text("unknown_read_models.sql"), connection)
        {
            Parameters = { Parameters.Of(documents.Select(document => document.Schema).ToArray()), Parameters.Of(documents.Select(document => document.Table).ToArray()) },
        };
        await using var reader = await command.ExecuteReaderAsync(ct);
        var tables = new List<string>();
        while (await reader.ReadAsync(ct))
        {
            tables.Add(reader.GetString(0));
        }

        return tables;
    }

    private async Task<List<TableProjection>> UnmadeTables(NpgsqlConnection connection, CancellationToken ct)
    {
        var unmade = new List<TableProjection>();
        foreach (var projection in TableProjections)
        {
            if (!await TableSchema.IsMade(connection, projection, ct))
            {
                unmade.Add(projection);
            }
        }

        return unmade;
    }

    private static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await PostgresErrors.TranslateRole(command.ExecuteNonQueryAsync(ct));
    }
}
