using System.Collections.Concurrent;
using Marten;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.Hosting;

/// <summary>
/// Keeps the views of projections as Marten documents. It writes Marten's tables itself, all documents of a batch with one statement, so that
/// they travel with the checkpoint in one round trip and one batch may hold many tenants; Marten reads them like any other document.
/// </summary>
/// <remarks>
/// A Marten session would store the same rows with one statement a document and read them with one query a tenant. The layout of the table
/// is taken from Marten's own mapping and checked against the database before the first batch.
/// </remarks>
public sealed class MartenViewStore(IDocumentStore documents) : IViewStore
{
    private readonly ConcurrentDictionary<(Type ViewType, ViewRows Rows), ViewTable> tables = new();

    /// <inheritdoc/>
    /// <exception cref="InvalidModelException">The document is set up in a way that a projection cannot write.</exception>
    public async Task Prepare(Type viewType, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(viewType);
        await documents.Storage.Database.EnsureStorageExistsAsync(viewType, ct);
        var table = Table(viewType, ViewRows.Live);
        await using var connection = documents.Storage.Database.CreateConnection();
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand(ReadModelStatements.Text("view_columns.sql"), connection)
        {
            Parameters = { Of(table.Schema), Of(table.Name) },
        };
        var columns = new List<(string, bool)>();
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                columns.Add((reader.GetString(0), reader.GetBoolean(1)));
            }
        }

        table.Check(columns);
        await Execute(connection, "register_read_model.sql", viewType, ct);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<ViewKey<TKey>, TView>> Load<TView, TKey>(
        NpgsqlConnection connection, ViewRows rows, IReadOnlyList<ViewKey<TKey>> keys, CancellationToken ct = default)
        where TView : class
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(keys);
        var serializer = documents.Options.Serializer();
        await using var command = new NpgsqlCommand(Table(typeof(TView), rows).Load, connection) { Parameters = { TenantsOf(keys), IdsOf(keys) } };
        await using var reader = await command.ExecuteReaderAsync(ct);
        var views = new Dictionary<ViewKey<TKey>, TView>(keys.Count);
        while (await reader.ReadAsync(ct))
        {
            views.Add(new(reader.GetString(0), reader.GetFieldValue<TKey>(1)), serializer.FromJson<TView>(reader, 2));
        }

        return views;
    }

    /// <inheritdoc/>
    public void Write<TView, TKey>(NpgsqlBatch batch, ViewRows rows, ViewChanges<TView, TKey> changes)
        where TView : class
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(changes);
        var table = Table(typeof(TView), rows);
        if (changes.Stored.Count > 0)
        {
            var keys = new ViewKey<TKey>[changes.Stored.Count];
            var data = new string[keys.Length];
            var serializer = documents.Options.Serializer();
            for (var i = 0; i < keys.Length; i++)
            {
                keys[i] = changes.Stored[i].Key;
                data[i] = serializer.ToCleanJson(changes.Stored[i].View);
            }

            batch.BatchCommands.Add(new(table.Store)
            {
                Parameters =
                {
                    TenantsOf(keys),
                    IdsOf(keys),
                    new NpgsqlParameter<string[]> { TypedValue = data, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb },
                    Of(table.TypeName),
                },
            });
        }

        if (changes.Removed.Count > 0)
        {
            batch.BatchCommands.Add(new(table.Remove) { Parameters = { TenantsOf(changes.Removed), IdsOf(changes.Removed) } });
        }
    }

    /// <inheritdoc/>
    public async Task<long> Size(NpgsqlConnection connection, Type viewType, ViewRows rows, CancellationToken ct = default)
    {
        var table = Table(viewType, rows);
        await using var command = new NpgsqlCommand(ReadModelStatements.Text("table_size.sql"), connection)
        {
            Parameters = { Of(table.RowsSchema), Of(table.Name) },
        };
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidModelException">The document is set up in a way that a projection cannot write.</exception>
    public async Task MakeShadow(NpgsqlConnection connection, Type viewType, CancellationToken ct = default)
    {
        await Prepare(viewType, ct);
        await Execute(connection, "make_shadow.sql", viewType, ct);
    }

    /// <inheritdoc/>
    public Task Promote(NpgsqlConnection connection, Type viewType, CancellationToken ct = default) =>
        Execute(connection, "promote_shadow.sql", viewType, ct);

    /// <inheritdoc/>
    public Task PromoteTenant(NpgsqlConnection connection, Type viewType, string tenantId, CancellationToken ct = default) =>
        Execute(connection, "merge_shadow.sql", viewType, ct, Of(tenantId));

    /// <inheritdoc/>
    public Task DropShadow(NpgsqlConnection connection, Type viewType, CancellationToken ct = default) =>
        Execute(connection, "drop_shadow.sql", viewType, ct);

    /// <inheritdoc/>
    public async Task<long> Count(NpgsqlConnection connection, Type viewType, CancellationToken ct = default)
    {
        await using var command = new NpgsqlCommand(
            ReadModelStatements.Text("count_views.sql").Replace("{table}", Table(viewType, ViewRows.Live).QualifiedName, StringComparison.Ordinal), connection)
        {
            CommandTimeout = 0,
        };
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <inheritdoc/>
    public async Task MakeAside(NpgsqlConnection connection, Type viewType, CancellationToken ct = default)
    {
        var sql = ReadModelStatements.Text("make_aside.sql")
            .Replace("{name}", Table(viewType, ViewRows.Aside).QualifiedName, StringComparison.Ordinal)
            .Replace("{live}", Table(viewType, ViewRows.Live).QualifiedName, StringComparison.Ordinal);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <inheritdoc/>
    public async Task<RowComparison> Compare(NpgsqlConnection connection, Type viewType, KeySample? sample, int limit, CancellationToken ct = default)
    {
        var table = Table(viewType, ViewRows.Live);
        await using var command = new NpgsqlCommand(ReadModelStatements.Text("compare_views.sql"), connection)
        {
            CommandTimeout = 0,
            Parameters =
            {
                Of(table.Schema),
                Of(table.Name),
                Of(sample?.Seed ?? 0),
                new() { Value = (object?)sample?.Threshold ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint },
                Of(limit),
            },
        };
        return await RowComparison.Read(command, ct);
    }

    /// <inheritdoc/>
    public async Task<int> RemoveTenant(
        NpgsqlConnection connection, Type viewType, ViewRows rows, string tenantId, int limit, CancellationToken ct = default)
    {
        var table = Table(viewType, rows);
        await using var command = new NpgsqlCommand(ReadModelStatements.Text("erase_tenant_views.sql"), connection)
        {
            Parameters = { Of(table.RowsSchema), Of(table.Name), Of(tenantId), Of(limit) },
        };
        return (int)(await command.ExecuteScalarAsync(ct))!;
    }

    private async Task Execute(NpgsqlConnection connection, string file, Type viewType, CancellationToken ct, params NpgsqlParameter[] parameters)
    {
        var table = Table(viewType, ViewRows.Live);

        // Some of it copies rows, which takes as long as there are many.
        await using var command = new NpgsqlCommand(ReadModelStatements.Text(file), connection)
        {
            CommandTimeout = 0,
            Parameters = { Of(table.Schema), Of(table.Name) },
        };
        command.Parameters.AddRange(parameters);
        await command.ExecuteNonQueryAsync(ct);
    }

    private ViewTable Table(Type viewType, ViewRows rows) =>
        tables.GetOrAdd((viewType, rows), static (key, options) => new(options, key.ViewType, key.Rows), documents.Options);

    private static NpgsqlParameter<T> Of<T>(T value) => new() { TypedValue = value };

    private static NpgsqlParameter<string[]> TenantsOf<TKey>(IReadOnlyList<ViewKey<TKey>> keys) where TKey : notnull
    {
        var tenants = new string[keys.Count];
        for (var i = 0; i < tenants.Length; i++)
        {
            tenants[i] = keys[i].TenantId;
        }

        return Of(tenants);
    }

    private static NpgsqlParameter<TKey[]> IdsOf<TKey>(IReadOnlyList<ViewKey<TKey>> keys) where TKey : notnull
    {
        var ids = new TKey[keys.Count];
        for (var i = 0; i < ids.Length; i++)
        {
            ids[i] = keys[i].Id;
        }

        return Of(ids);
    }
}
