using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Monolith.EventSourcing;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.EventStore;

/// <summary>
/// Brings the schema <c>eventstore</c> to the version of this build: numbered migrations, forward only, then the partitions of every
/// registered aggregate type. One transaction under one lock, so it is safe from several hosts at once, and running it again changes nothing.
/// Afterwards, where a type has changed its mind about <see cref="AggregateTypeAttribute.IndexData"/>, its indexes are built or dropped.
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

    /// <summary>Applies what is missing.</summary>
    /// <returns>The numbers of the migrations that were applied now.</returns>
    /// <exception cref="SchemaException">The schema is newer than this build.</exception>
    public async Task<IReadOnlyList<int>> Migrate(CancellationToken ct = default)
    {
        options.Validate();
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await Execute(connection, Statements.Text("migration_lock.sql"), ct);
        await Execute(connection, Statements.Source("bootstrap.sql"), ct);

        var applied = await Applied(connection, ct);
        RefuseNewer(applied);
        var missing = Migrations.Where(migration => !applied.Contains(migration.Number)).ToList();
        foreach (var (number, file) in missing)
        {
            await Execute(connection, Statements.Source(file), ct);
            await Execute(
                connection,
                Statements.Text("record_migration.sql"),
                ct,
                new NpgsqlParameter<int> { TypedValue = number },
                new NpgsqlParameter<string> { TypedValue = file },
                Now());
            LogApplied(number, file);
        }

        await Execute(connection, Statements.Text("register_pool_shards.sql"), ct, new NpgsqlParameter<int> { TypedValue = options.PoolShards }, Now());
        await Execute(
            connection,
            Statements.Text("register_types.sql"),
            ct,
            new NpgsqlParameter<string[]> { TypedValue = [.. model.Aggregates.Select(definition => definition.Name)] },
            new NpgsqlParameter<bool[]> { TypedValue = [.. model.Aggregates.Select(definition => definition.IndexData)] },
            Now());
        await Execute(connection, Statements.Text("ensure_partitions.sql"), ct);
        await transaction.CommitAsync(ct);
        await new DataIndexes(dataSource, time, logger).Adjust(ct);
        return [.. missing.Select(migration => migration.Number)];
    }

    /// <summary>The migrations that the database lacks; empty when it is up to date. Changes nothing.</summary>
    /// <exception cref="SchemaException">The schema is newer than this build.</exception>
    public async Task<IReadOnlyList<int>> Pending(CancellationToken ct = default)
    {
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        var applied = await Applied(connection, ct);
        RefuseNewer(applied);
        return [.. Migrations.Select(migration => migration.Number).Where(number => !applied.Contains(number))];
    }

    private static void RefuseNewer(HashSet<int> applied)
    {
        var newest = Migrations[^1].Number;
        if (applied.Any(number => number > newest))
        {
            throw new SchemaException($"The database's event store schema is at version {applied.Max()}, this build knows {newest}: run a newer build.");
        }
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

    private static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken ct, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        await command.ExecuteNonQueryAsync(ct);
    }

    private NpgsqlParameter<DateTimeOffset> Now() => new() { TypedValue = time.GetUtcNow(), NpgsqlDbType = NpgsqlDbType.TimestampTz };

    [LoggerMessage(1, LogLevel.Information, "Applied event store migration {Number} ({File}).")]
    private partial void LogApplied(int number, string file);
}
