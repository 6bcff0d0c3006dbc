using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>
/// Brings the schema <c>eventstore</c> to the version of this build: numbered migrations, forward only, then the partitions of every
/// registered aggregate type, then the privileges of the application's role. One transaction under one lock, so it is safe from several hosts at
/// once, and running it again changes nothing. Afterwards, where a type has changed its mind about <see cref="AggregateTypeAttribute.IndexData"/>, its
/// indexes are built or dropped. It connects as the owner of the schema.
/// </summary>
public sealed partial class Migrator(
    NpgsqlDataSource dataSource, DomainModel model, EventStoreOptions? options = null, TimeProvider? time = null, ILogger<Migrator>? logger = null)
{
    private readonly EventStoreOptions options = options ?? new();
    private readonly TimeProvider time = time ?? TimeProvider.System;
    private readonly ILogger logger = logger ?? NullLogger<Migrator>.Instance;

    /// <summary>The migrations of this build: number and file.</summary>
    public static IReadOnlyList<(int Number, string File)> Migrations { get; } =
        [.. Statements.All
            .Where(file => char.IsAsciiDigit(file[0]))
            .Select(file => (int.Parse(file.AsSpan(0, 4), provider: null), file))
            .OrderBy(migration => migration.Item1)];

    private static (int Number, string File) RoleMigration { get; } =
        Migrations.Single(migration => migration.File.Contains("_application_role", StringComparison.Ordinal));

    private string[] Types => [.. model.Aggregates.Select(definition => definition.Name)];

    private bool[] IndexedTypes => [.. model.Aggregates.Select(definition => definition.IndexData)];

    /// <summary>Applies what is missing.</summary>
    /// <returns>The numbers of the migrations that were applied now.</returns>
    /// <exception cref="SchemaException">The schema is newer than this build, or the role is no role for an application.</exception>
    public async Task<IReadOnlyList<int>> Migrate(CancellationToken ct = default)
    {
        options.Validate();
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await Execute(connection, Statements.Text("migration_lock.sql"), ct);
        await Execute(connection, Statements.Source("bootstrap.sql"), ct);

        var missing = await Missing(connection, ct);
        foreach (var step in Steps(missing, Literals.Of(time.GetUtcNow())))
        {
            await Execute(connection, step, ct);
        }

        await transaction.CommitAsync(ct);
        foreach (var (number, file) in missing)
        {
            LogApplied(number, file);
        }

        await new DataIndexes(dataSource, time, logger).Adjust(ct);
        return [.. missing.Select(migration => migration.Number)];
    }

    /// <summary>The migrations that the database lacks; empty when it has all. Changes nothing.</summary>
    /// <exception cref="SchemaException">The schema is newer than this build.</exception>
    public async Task<IReadOnlyList<int>> Pending(CancellationToken ct = default)
    {
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        return [.. (await Missing(connection, ct)).Select(migration => migration.Number)];
    }

    /// <summary>
    /// What <see cref="Migrate"/> would see to and a host cannot do without, each in a few words; empty when there is nothing. Changes nothing. See
    /// <see cref="DataIndexChanges"/> for the rest.
    /// </summary>
    /// <exception cref="SchemaException">The schema is newer than this build.</exception>
    public async Task<IReadOnlyList<string>> Missing(CancellationToken ct = default)
    {
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        var migrations = await Missing(connection, ct);
        List<string> missing = [.. migrations.Select(migration => $"event store migration {Path.GetFileNameWithoutExtension(migration.File)}")];
        var types = migrations.Count == Migrations.Count ? Types : await TypesToMake(connection, ct);
        missing.AddRange(types.Select(type => $"partitions of the aggregate type {type}"));
        if (await MissingGrants([], ct) is { } grants)
        {
            missing.Add(grants);
        }

        return missing;
    }

    /// <summary>
    /// The indexes on event data that <see cref="Migrate"/> would build or drop now, as statements. A host can do without them, only searches are slow:
    /// so a build that disagrees with the last one about them can be started all the same. Changes nothing.
    /// </summary>
    public async Task<IReadOnlyList<string>> DataIndexChanges(CancellationToken ct = default)
    {
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        if (!(await Applied(connection, ct)).Contains(RoleMigration.Number))
        {
            return [];
        }

        await using var command = new NpgsqlCommand(Statements.Text("data_index_changes_for.sql"), connection)
        {
            Parameters = { new NpgsqlParameter<string[]> { TypedValue = Types }, new NpgsqlParameter<bool[]> { TypedValue = IndexedTypes } },
        };
        return await Column(command, ct);
    }

    /// <summary>
    /// What <see cref="Migrate"/> would execute on the database as it is now, as SQL that psql runs as it is: one transaction under the same lock, and
    /// behind it the indexes on event data, each by itself. Changes nothing.
    /// </summary>
    /// <returns>The script; empty when the database is up to date.</returns>
    /// <exception cref="SchemaException">The schema is newer than this build.</exception>
    public async Task<string> Script(CancellationToken ct = default)
    {
        options.Validate();
        var indexes = await DataIndexChanges(ct);
        if ((await Missing(ct)).Count == 0 && indexes.Count == 0)
        {
            return "";
        }

        await using var connection = await dataSource.OpenConnectionAsync(ct);
        var missing = await Missing(connection, ct);
        return Transaction(Steps(missing, Literals.Now).Prepend(Statements.Source("bootstrap.sql")).Prepend(Statements.Text("migration_lock.sql")))
            + string.Concat(indexes.Select(statement => $"\n{statement};\n"));
    }

    /// <summary>
    /// Grants the application's role what it needs in schemas of documents and messages too, and takes everything else from it. Does nothing when
    /// <see cref="EventStoreOptions.ApplicationRole"/> is not set.
    /// </summary>
    /// <exception cref="SchemaException">The role does not exist, or could do more all the same.</exception>
    public async Task Grant(IReadOnlyList<string> schemas, CancellationToken ct = default)
    {
        if (options.ApplicationRole is { } role)
        {
            await using var command = dataSource.CreateCommand(Literals.Statement("grant_to_application.sql", Literals.Of(role), Literals.Of(schemas)));
            await PostgresErrors.TranslateRole(command.ExecuteNonQueryAsync(ct));
        }
    }

    /// <summary>What the application's role lacks or has too much, in a few words; null when nothing, or when it is not set. Changes nothing.</summary>
    public async Task<string?> MissingGrants(IReadOnlyList<string> schemas, CancellationToken ct = default)
    {
        if (options.ApplicationRole is not { } role)
        {
            return null;
        }

        await using var connection = await dataSource.OpenConnectionAsync(ct);
        if (!(await Applied(connection, ct)).Contains(RoleMigration.Number))
        {
            return $"privileges of the role {role}";
        }

        await using var command = new NpgsqlCommand(Literals.Statement("application_differences.sql", Literals.Of(role), Literals.Of(schemas)), connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return reader.GetInt64(0) == 0 ? null : $"privileges of the role {role}: {reader.GetInt64(0)} differ, it {reader.GetString(1)}";
    }

    /// <summary>What <see cref="Grant"/> executes, as SQL that psql runs as it is; empty when no role is set.</summary>
    public string GrantScript(IReadOnlyList<string> schemas) => options.ApplicationRole is { } role
        ? Transaction([Literals.Statement("grant_to_application.sql", Literals.Of(role), Literals.Of(schemas))])
        : "";

    /// <summary>Statements as a script that is one transaction.</summary>
    internal static string Transaction(IEnumerable<string> statements) =>
        $"begin;\n{string.Concat(statements.Select(statement => $"\n{statement.Trim().TrimEnd(';')};\n"))}\ncommit;\n";

    // Without parameters, so that a script says exactly what is done.
    private IEnumerable<string> Steps(IEnumerable<(int Number, string File)> migrations, string now)
    {
        foreach (var (number, file) in migrations)
        {
            yield return Statements.Source(file);
            yield return Literals.Statement("record_migration.sql", Literals.Of(number), Literals.Of(file), now);
        }

        yield return Literals.Statement("register_pool_shards.sql", Literals.Of(options.PoolShards), now);
        yield return Literals.Statement("register_types.sql", Literals.Of(Types), Literals.Of(IndexedTypes), now);
        yield return Statements.Text("ensure_partitions.sql");
        if (options.ApplicationRole is { } role)
        {
            yield return Literals.Statement("grant_to_application.sql", Literals.Of(role), Literals.Of(Array.Empty<string>()));
        }
    }

    private async Task<IReadOnlyList<string>> TypesToMake(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Statements.Text("missing_types.sql"), connection)
        {
            Parameters = { new NpgsqlParameter<string[]> { TypedValue = Types } },
        };
        return await Column(command, ct);
    }

    private static async Task<List<string>> Column(NpgsqlCommand command, CancellationToken ct)
    {
        await using var reader = await command.ExecuteReaderAsync(ct);
        var values = new List<string>();
        while (await reader.ReadAsync(ct))
        {
            values.Add(reader.GetString(0));
        }

        return values;
    }

    private static async Task<List<(int Number, string File)>> Missing(NpgsqlConnection connection, CancellationToken ct)
    {
        var applied = await Applied(connection, ct);
        var newest = Migrations[^1].Number;
        if (applied.Any(number => number > newest))
        {
            throw new SchemaException($"The database's event store schema is at version {applied.Max()}, this build knows {newest}: run a newer build.");
        }

        return [.. Migrations.Where(migration => !applied.Contains(migration.Number))];
    }

    private static async Task<HashSet<int>> Applied(NpgsqlConnection connection, CancellationToken ct)
    {
        var applied = new HashSet<int>();
        await using var exists = new NpgsqlCommand(Statements.Text("schema_exists.sql"), connection);
        if (!(bool)(await exists.ExecuteScalarAsync(ct))!)
        {
            return applied;
        }

        await using var command = new NpgsqlCommand(Statements.Text("applied_migrations.sql"), connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            applied.Add(reader.GetInt32(0));
        }

        return applied;
    }

    private static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await PostgresErrors.TranslateRole(command.ExecuteNonQueryAsync(ct));
    }

    [LoggerMessage(1, LogLevel.Information, "Applied event store migration {Number} ({File}).")]
    private partial void LogApplied(int number, string file);
}
