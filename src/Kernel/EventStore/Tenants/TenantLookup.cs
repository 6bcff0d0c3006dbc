using System.Collections.Concurrent;
using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore;

public sealed partial class Tenants
{
    private readonly ConcurrentDictionary<string, string> shards = new(StringComparer.Ordinal);

    /// <summary>The shard of a tenant that may be read; from memory where it is known. Never waits: a tenant that is being moved can be read.</summary>
    /// <exception cref="UnknownTenantException">There is no such tenant.</exception>
    /// <exception cref="TenantDisabledException">The tenant is disabled.</exception>
    public ValueTask<string> ShardOf(string tenantId, CancellationToken ct = default) =>
        tenantId is not null && shards.TryGetValue(tenantId, out var shard) ? new(shard) : new(Find(tenantId!, ct));

    /// <summary>The same, with a command of the caller's where the database has to be asked.</summary>
    internal ValueTask<string> ShardOf(string tenantId, Func<string, NpgsqlCommand> commandOf, CancellationToken ct) =>
        shards.TryGetValue(tenantId, out var shard) ? new(shard) : new(Find(tenantId, commandOf, ct));

    /// <summary>Asks the database anew where a tenant lies, because a statement found it elsewhere or switched off.</summary>
    internal Task<string> Find(string tenantId, CancellationToken ct) => Find(tenantId, dataSource.CreateCommand, ct);

    /// <summary>The same for an append: when the tenant is being moved, it waits until that has ended.</summary>
    /// <exception cref="TenantMovingException">It has not ended within <see cref="EventStoreOptions.LongestTenantMove"/>.</exception>
    internal async Task<string> FindToWrite(string tenantId, CancellationToken ct)
    {
        while (await Known(tenantId, ct) is (_, TenantStatus.Moving))
        {
            await moves.UntilEnded(tenantId, ct);
        }

        return await Find(tenantId, ct);
    }

    /// <summary>
    /// The same for an append in a transaction of the caller's, with its commands. It does not wait: when the transaction has appended before, the mover waits for
    /// its end.
    /// </summary>
    /// <exception cref="TenantMovingException">The tenant is being moved.</exception>
    internal async Task<string> FindToWrite(string tenantId, Func<string, NpgsqlCommand> commandOf, CancellationToken ct)
    {
        if (await Known(tenantId, commandOf, ct) is (_, TenantStatus.Moving)
            && await MoveWaiting.EndAbandoned(tenantId, commandOf, ct) is (_, TenantStatus.Moving))
        {
            throw new TenantMovingException(tenantId);
        }

        return await Find(tenantId, commandOf, ct);
    }

    /// <summary>Returns when a leaf that is missing is one where the tenant does not lie (any more), so that whoever looked for it there may look anew.</summary>
    /// <exception cref="UnknownTenantException">The tenant was dropped, and its leaf with it.</exception>
    /// <exception cref="SchemaException">The leaf where the tenant lies is missing.</exception>
    internal async Task RequireElsewhere(string tenantId, Leaf leaf, PostgresException missing, CancellationToken ct)
    {
        leaf = Leaf.Of(leaf.AggregateType, await Find(tenantId, ct));
        await using var command = dataSource.CreateCommand(Statements.Text("leaf_exists.sql"));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = leaf.Events });
        if (await command.ExecuteScalarAsync(ct) is false)
        {
            throw new SchemaException($"There is no partition {leaf.Events}: run the migration. ({missing.SqlState})", missing);
        }
    }

    internal static TenantStatus StatusOf(string stored) => stored switch
    {
        "active" => TenantStatus.Active,
        "disabled" => TenantStatus.Disabled,
        "moving" => TenantStatus.Moving,
        _ => TenantStatus.Dropping,
    };

    /// <summary>The question where a tenant lies, for a batch that has others too; <see cref="Answer"/> reads what comes back.</summary>
    internal static NpgsqlBatchCommand Question(string tenantId) =>
        new(Statements.Text("find_tenant.sql")) { Parameters = { new NpgsqlParameter<string> { TypedValue = tenantId } } };

    /// <summary>Where a tenant that may be read lies, from the answer to <see cref="Question"/>.</summary>
    /// <exception cref="UnknownTenantException">There is no such tenant.</exception>
    /// <exception cref="TenantDisabledException">The tenant is disabled.</exception>
    internal async Task<string> Answer(string tenantId, NpgsqlDataReader reader, CancellationToken ct) =>
        Readable(tenantId, RequireKnown(tenantId, await Read(reader, ct)));

    private async Task<string> Find(string tenantId, Func<string, NpgsqlCommand> commandOf, CancellationToken ct) =>
        Readable(tenantId, await Known(tenantId, commandOf, ct));

    private string Readable(string tenantId, (string Shard, TenantStatus Status) known)
    {
        if (known.Status == TenantStatus.Disabled)
        {
            shards.TryRemove(tenantId, out _);
            throw new TenantDisabledException(tenantId);
        }

        return shards[tenantId] = known.Shard;
    }

    private Task<(string Shard, TenantStatus Status)> Known(string tenantId, CancellationToken ct) => Known(tenantId, dataSource.CreateCommand, ct);

    private async Task<(string Shard, TenantStatus Status)> Known(string tenantId, Func<string, NpgsqlCommand> commandOf, CancellationToken ct)
    {
        return TenantIds.IsValid(tenantId) ? RequireKnown(tenantId, await Ask(tenantId, commandOf, ct)) : throw new UnknownTenantException(tenantId);
    }

    private (string Shard, TenantStatus Status) RequireKnown(string tenantId, (string Shard, TenantStatus Status)? answer)
    {
        if (answer is { Status: not TenantStatus.Dropping } known)
        {
            return known;
        }

        shards.TryRemove(tenantId, out _);
        throw new UnknownTenantException(tenantId);
    }

    private static async Task<(string Shard, TenantStatus Status)?> Ask(string tenantId, Func<string, NpgsqlCommand> commandOf, CancellationToken ct)
    {
        await using var command = commandOf(Statements.Text("find_tenant.sql"));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenantId });
        await using var reader = await PostgresErrors.Translate(command.ExecuteReaderAsync(ct));
        return await Read(reader, ct);
    }

    private static async Task<(string Shard, TenantStatus Status)?> Read(NpgsqlDataReader reader, CancellationToken ct) =>
        await reader.ReadAsync(ct) ? (reader.GetString(0), StatusOf(reader.GetString(1))) : null;
}
