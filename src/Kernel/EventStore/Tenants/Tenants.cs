using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.EventStore;

/// <summary>
/// The tenants of the store. Where a tenant lies is remembered, and every statement checks in the database that it still lies there and is
/// active: a tenant that another host adds, disables, moves or drops is seen at once.
/// </summary>
public sealed partial class Tenants : ITenants
{
    private static readonly TenantTables Own = new(["eventstore"]);

    private readonly NpgsqlDataSource dataSource;
    private readonly TimeProvider time;
    private readonly EventStoreOptions options;
    private readonly MoveWaiting moves;
    private readonly ShardWriters writers;
    private readonly VacantShards vacantShards;
    private readonly Ownership ownership;

    /// <summary>The tenants of a database.</summary>
    /// <param name="dataSource">The database of the store.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="options">How long moves may take; null for the defaults.</param>
    public Tenants(NpgsqlDataSource dataSource, TimeProvider? time = null, EventStoreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        (this.dataSource, this.time, this.options) = (dataSource, time ?? TimeProvider.System, options ?? new());
        moves = new(dataSource, this.time, this.options);
        writers = new(dataSource, this.time);
        vacantShards = new(dataSource, this.time);
        ownership = new(dataSource);
    }

    private Backoff Pauses => new(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(100), time);

    /// <inheritdoc />
    public async Task Add(string tenantId, TenantPlacement placement = TenantPlacement.Pool, CancellationToken ct = default)
    {
        if (!TenantIds.IsValid(tenantId))
        {
            throw new ArgumentException($"'{tenantId}' is not a tenant id: lower-case letters, digits and hyphens inside, at most 63 characters.", nameof(tenantId));
        }

        if (!await (placement == TenantPlacement.Dedicated ? AddDedicated(tenantId, ct) : AddToPool(tenantId, ct))
            && await Ask(tenantId, dataSource.CreateCommand, ct) is (_, TenantStatus.Dropping))
        {
            throw new TenantDroppingException(tenantId);
        }
    }

    /// <inheritdoc />
    public async Task Disable(string tenantId, CancellationToken ct = default)
    {
        shards.TryRemove(tenantId, out _);
        while (!await Change("disable_tenant.sql", tenantId, ct))
        {
            if (await Known(tenantId, ct) is (_, TenantStatus.Moving))
            {
                await moves.UntilEnded(tenantId, ct);
            }
        }
    }

    /// <inheritdoc />
    public Task Enable(string tenantId, CancellationToken ct = default) =>
        ChangeUnlessMoved("enable_tenant.sql", tenantId, async () => (await Known(tenantId, ct)).Status is TenantStatus.Active or TenantStatus.Moving, ct);

    /// <inheritdoc />
    public Task Drop(string tenantId, CancellationToken ct = default) => Drop(tenantId, [], ct);

    /// <inheritdoc />
    public async Task Move(string tenantId, TenantPlacement placement, CancellationToken ct = default)
    {
        if (!TenantIds.IsValid(tenantId))
        {
            throw new UnknownTenantException(tenantId);
        }

        await ownership.Require("Moving a tenant", ct);
        var isDone = false;
        while (!isDone)
        {
            try
            {
                isDone = await new TenantMove(dataSource, time, options, writers, tenantId, placement).Run(ct);
            }
            finally
            {
                shards.TryRemove(tenantId, out _);
                await moves.EndAbandoned(tenantId);
                await vacantShards.RemoveAll(options.LongestTenantMove, ct);
            }
        }
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<Tenant>> List(CancellationToken ct = default)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("list_tenants.sql"));
        await using var reader = await PostgresErrors.Translate(command.ExecuteReaderAsync(ct));
        var tenants = new List<Tenant>();
        while (await reader.ReadAsync(ct))
        {
            tenants.Add(new(
                reader.GetString(0),
                reader.GetString(1),
                reader.GetBoolean(2) ? TenantPlacement.Pool : TenantPlacement.Dedicated,
                StatusOf(reader.GetString(3)),
                reader.GetFieldValue<DateTimeOffset>(4)));
        }

        return tenants;
    }

    /// <summary>
    /// Counts what is stored of a tenant, by aggregate type: exact, so it reads all of the tenant's events. Also of a tenant that is being dropped: what is left
    /// of it.
    /// </summary>
    /// <exception cref="UnknownTenantException">There is no such tenant.</exception>
    public async Task<IReadOnlyList<TenantContent>> Content(string tenantId, CancellationToken ct = default)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("tenant_content.sql"));
        command.CommandTimeout = 0;
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenantId });
        await using var reader = await PostgresErrors.Translate(command.ExecuteReaderAsync(ct));
        var isKnown = false;
        var content = new List<TenantContent>();
        while (await reader.ReadAsync(ct))
        {
            isKnown = true;
            if (!await reader.IsDBNullAsync(0, ct))
            {
                content.Add(new(reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4)));
            }
        }

        return isKnown ? content : throw new UnknownTenantException(tenantId);
    }

    /// <inheritdoc />
    public Task<IReadOnlyList<TenantRows>> Rows(string tenantId, CancellationToken ct = default) => Rows(tenantId, [], ct);

    /// <inheritdoc />
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

    /// <summary>Counts the rows of a tenant, and those of others that belong to it.</summary>
    internal async Task<IReadOnlyList<TenantRows>> Rows(string tenantId, IEnumerable<ITenantRows> others, CancellationToken ct)
    {
        if (await Ask(tenantId, dataSource.CreateCommand, ct) is null)
        {
            throw new UnknownTenantException(tenantId);
        }

        await using var connection = await dataSource.OpenConnectionAsync(ct);
        var rows = new List<TenantRows>();
        foreach (var other in others.Prepend(Own))
        {
            rows.AddRange(await other.Count(connection, tenantId, ct));
        }

        return rows;
    }

    /// <summary>Drops a tenant, and rows of others that belong to it.</summary>
    internal async Task Drop(string tenantId, IReadOnlyList<RemoveRows> others, CancellationToken ct)
    {
        if (!TenantIds.IsValid(tenantId))
        {
            throw new UnknownTenantException(tenantId);
        }

        await ownership.Require("Dropping a tenant", ct);
        await ChangeUnlessMoved(
            "mark_dropping.sql",
            tenantId,
            async () => (await Ask(tenantId, dataSource.CreateCommand, ct) ?? throw new UnknownTenantException(tenantId)).Status == TenantStatus.Dropping,
            ct);
        await new TenantDrop(dataSource, time, writers, vacantShards).Run(tenantId, others, ct);
        await vacantShards.RemoveAll(options.LongestTenantMove, ct);
    }

    private async Task<bool> AddToPool(string tenantId, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("add_pool_tenant.sql"));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenantId });
        command.Parameters.Add(Now());
        return await PostgresErrors.Translate(command.ExecuteNonQueryAsync(ct)) > 0;
    }

    private async Task<bool> AddDedicated(string tenantId, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("add_dedicated_tenant.sql"));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenantId });
        command.Parameters.Add(Now());
        return await PostgresErrors.Translate(command.ExecuteScalarAsync(ct)) is true;
    }

    // What a mover holds off: tried until it has ended.
    private async Task ChangeUnlessMoved(string file, string tenantId, Func<Task<bool>> isDone, CancellationToken ct)
    {
        shards.TryRemove(tenantId, out _);
        var started = time.GetTimestamp();
        for (var attempt = 1; !await Change(file, tenantId, ct) && !await isDone(); attempt++)
        {
            if (time.GetElapsedTime(started) > options.LongestTenantMove)
            {
                throw new TenantMovingException(tenantId);
            }

            await Pauses.Pause(attempt, ct);
        }
    }

    private async Task<bool> Change(string file, string tenantId, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text(file));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenantId });
        return await PostgresErrors.Translate(command.ExecuteNonQueryAsync(ct)) > 0;
    }

    private NpgsqlParameter<DateTimeOffset> Now() => new() { TypedValue = time.GetUtcNow(), NpgsqlDbType = NpgsqlDbType.TimestampTz };
}
