using System.Collections.Concurrent;
using Monolith.EventSourcing;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.EventStore;

/// <summary>
/// The tenants of the store. Where a tenant lies is remembered, and every statement checks in the database that it still lies there and is
/// active: a tenant that another host adds, disables or moves is seen at once.
/// </summary>
public sealed class Tenants(NpgsqlDataSource dataSource, TimeProvider? time = null)
{
    private readonly ConcurrentDictionary<string, string> shards = new(StringComparer.Ordinal);
    private readonly TimeProvider time = time ?? TimeProvider.System;

    /// <summary>Adds a tenant; it works at once on every host. Adding it again changes nothing, whatever the placement says.</summary>
    /// <exception cref="ArgumentException">The id is malformed.</exception>
    public async Task Add(string tenantId, TenantPlacement placement = TenantPlacement.Pool, CancellationToken ct = default)
    {
        if (!TenantIds.IsValid(tenantId))
        {
            throw new ArgumentException($"'{tenantId}' is not a tenant id: lower-case letters, digits and hyphens inside, at most 63 characters.", nameof(tenantId));
        }

        if (placement == TenantPlacement.Dedicated)
        {
            await AddDedicated(tenantId, ct);
            return;
        }

        await using var command = dataSource.CreateCommand(Statements.Text("add_pool_tenant.sql"));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenantId });
        command.Parameters.Add(Now());
        await PostgresErrors.Translate(command.ExecuteNonQueryAsync(ct));
    }

    /// <summary>Switches a tenant off: it can neither read nor write until it is enabled again. Nothing is lost.</summary>
    /// <exception cref="UnknownTenantException">There is no such tenant.</exception>
    public Task Disable(string tenantId, CancellationToken ct = default) => SetStatus(tenantId, "disabled", ct);

    /// <summary>Switches a tenant on again.</summary>
    /// <exception cref="UnknownTenantException">There is no such tenant.</exception>
    public Task Enable(string tenantId, CancellationToken ct = default) => SetStatus(tenantId, "active", ct);

    /// <summary>All tenants, by id.</summary>
    public async Task<IReadOnlyList<Tenant>> List(CancellationToken ct = default)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("list_tenants.sql"));
        await using var reader = await PostgresErrors.Translate(command.ExecuteReaderAsync(ct));
        var tenants = new List<Tenant>();
        while (await reader.ReadAsync(ct))
        {
            tenants.Add(new(reader.GetString(0), reader.GetString(1), reader.GetString(2) == "active", reader.GetFieldValue<DateTimeOffset>(3)));
        }

        return tenants;
    }

    /// <summary>All shards, by name.</summary>
    public async Task<IReadOnlyList<string>> Shards(CancellationToken ct = default)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("list_shards.sql"));
        await using var reader = await PostgresErrors.Translate(command.ExecuteReaderAsync(ct));
        var names = new List<string>();
        while (await reader.ReadAsync(ct))
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }

    /// <summary>The shard of an active tenant; from memory where it is known.</summary>
    /// <exception cref="UnknownTenantException">There is no such tenant.</exception>
    /// <exception cref="TenantDisabledException">The tenant is disabled.</exception>
    public ValueTask<string> ShardOf(string tenantId, CancellationToken ct = default) =>
        tenantId is not null && shards.TryGetValue(tenantId, out var shard) ? new(shard) : new(Find(tenantId!, ct));

    /// <summary>The same, with a command of the caller's where the database has to be asked.</summary>
    internal ValueTask<string> ShardOf(string tenantId, Func<string, NpgsqlCommand> commandOf, CancellationToken ct) =>
        shards.TryGetValue(tenantId, out var shard) ? new(shard) : new(Find(tenantId, commandOf, ct));

    /// <summary>Asks the database anew where a tenant lies, because a statement found it elsewhere or switched off.</summary>
    internal Task<string> Find(string tenantId, CancellationToken ct) => Find(tenantId, dataSource.CreateCommand, ct);

    private async Task<string> Find(string tenantId, Func<string, NpgsqlCommand> commandOf, CancellationToken ct)
    {
        if (!TenantIds.IsValid(tenantId))
        {
            throw new UnknownTenantException(tenantId);
        }

        await using var command = commandOf(Statements.Text("find_tenant.sql"));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenantId });
        await using var reader = await PostgresErrors.Translate(command.ExecuteReaderAsync(ct));
        return await Answer(tenantId, reader, ct);
    }

    /// <summary>The question where a tenant lies, for a batch that has others too; <see cref="Answer"/> reads what comes back.</summary>
    internal static NpgsqlBatchCommand Question(string tenantId) =>
        new(Statements.Text("find_tenant.sql")) { Parameters = { new NpgsqlParameter<string> { TypedValue = tenantId } } };

    /// <summary>Where the tenant lies, from the answer to <see cref="Question"/>.</summary>
    /// <exception cref="UnknownTenantException">There is no such tenant.</exception>
    /// <exception cref="TenantDisabledException">The tenant is disabled.</exception>
    internal async Task<string> Answer(string tenantId, NpgsqlDataReader reader, CancellationToken ct)
    {
        if (!await reader.ReadAsync(ct))
        {
            shards.TryRemove(tenantId, out _);
            throw new UnknownTenantException(tenantId);
        }

        if (reader.GetString(1) != "active")
        {
            shards.TryRemove(tenantId, out _);
            throw new TenantDisabledException(tenantId);
        }

        return shards[tenantId] = reader.GetString(0);
    }

    /// <summary>Returns when a tenant no longer lies in a leaf that is missing, so that whoever looked for it there may look anew.</summary>
    /// <exception cref="UnknownTenantException">The tenant was dropped, and its leaf with it.</exception>
    /// <exception cref="SchemaException">The tenant lies there: the leaf should be there too.</exception>
    internal async Task RequireElsewhere(string tenantId, Leaf leaf, PostgresException missing, CancellationToken ct)
    {
        if (await Find(tenantId, ct) == leaf.Shard)
        {
            throw new SchemaException($"There is no partition {leaf.Events}: run the migration. ({missing.SqlState})", missing);
        }
    }

    private async Task AddDedicated(string tenantId, CancellationToken ct)
    {
        await using var connection = await PostgresErrors.Translate(dataSource.OpenConnectionAsync(ct).AsTask());
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await Execute(connection, "migration_lock.sql", ct);
        await using (var known = new NpgsqlCommand(Statements.Text("find_tenant.sql"), connection))
        {
            known.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenantId });
            if (await known.ExecuteScalarAsync(ct) is not null)
            {
                return;
            }
        }

        await using var add = new NpgsqlCommand(Statements.Text("add_dedicated_shard.sql"), connection);
        add.Parameters.Add(Now());
        var shard = (string)(await add.ExecuteScalarAsync(ct))!;
        await Execute(
            connection,
            "add_dedicated_tenant.sql",
            ct,
            new NpgsqlParameter<string> { TypedValue = tenantId },
            new NpgsqlParameter<string> { TypedValue = shard },
            Now());
        await Execute(connection, "ensure_partitions.sql", ct);
        await transaction.CommitAsync(ct);
    }

    private async Task SetStatus(string tenantId, string status, CancellationToken ct)
    {
        shards.TryRemove(tenantId, out _);
        await using var command = dataSource.CreateCommand(Statements.Text("set_tenant_status.sql"));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenantId });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = status });
        if (await PostgresErrors.Translate(command.ExecuteNonQueryAsync(ct)) == 0)
        {
            throw new UnknownTenantException(tenantId);
        }
    }

    private static async Task Execute(NpgsqlConnection connection, string file, CancellationToken ct, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(Statements.Text(file), connection);
        command.Parameters.AddRange(parameters);
        await PostgresErrors.Translate(command.ExecuteNonQueryAsync(ct));
    }

    private NpgsqlParameter<DateTimeOffset> Now() => new() { TypedValue = time.GetUtcNow(), NpgsqlDbType = NpgsqlDbType.TimestampTz };
}
