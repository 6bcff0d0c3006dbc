using System.Text.Json;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.Testing.Conformance;

/// <summary>Views in one plain table, so that projections are tested on PostgreSQL without Marten.</summary>
public sealed class PlainViews(NpgsqlDataSource dataSource) : IViewStore
{
    /// <summary>Refuses a view when it holds this text, as a constraint of a real table might.</summary>
    public string? Refused { get; set; }

    // Several that create the table at once would collide, so the lock lets one go first. The application's role may make no tables, and finds them made.
    public async Task Prepare(Type viewType, CancellationToken ct = default)
    {
        if (await dataSource.Scalar<bool>("select to_regclass('views_shadow') is not null", ct))
        {
            return;
        }

        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(new("select pg_advisory_xact_lock(1)"));
        foreach (var table in new[] { "views", "views_shadow" })
        {
            batch.BatchCommands.Add(new($"create table if not exists {table} (view text, tenant_id text, id text, data jsonb, primary key (view, tenant_id, id))"));
        }

        await batch.ExecuteNonQueryAsync(ct);
    }

    public async Task<IReadOnlyDictionary<ViewKey<TKey>, TView>> Load<TView, TKey>(
        NpgsqlConnection connection, ViewRows rows, IReadOnlyList<ViewKey<TKey>> keys, CancellationToken ct = default)
        where TView : class
        where TKey : notnull
    {
        await using var command = new NpgsqlCommand(
            $"select tenant_id, id, data from {Table(rows)} where view = $1 and (tenant_id, id) in (select * from unnest($2, $3))", connection);
        command.Parameters.Add(new() { Value = typeof(TView).Name });
        command.Parameters.Add(new() { Value = keys.Select(key => key.TenantId).ToArray() });
        command.Parameters.Add(new() { Value = keys.Select(key => key.Id.ToString()!).ToArray() });
        var byText = keys.ToDictionary(key => (key.TenantId, key.Id.ToString()!));
        var views = new Dictionary<ViewKey<TKey>, TView>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            views.Add(byText[(reader.GetString(0), reader.GetString(1))], JsonSerializer.Deserialize<TView>(reader.GetString(2), EventJson.Options)!);
        }

        return views;
    }

    public void Write<TView, TKey>(NpgsqlBatch batch, ViewRows rows, ViewChanges<TView, TKey> changes)
        where TView : class
        where TKey : notnull
    {
        var data = changes.Stored.Select(change => JsonSerializer.Serialize(change.View, EventJson.Options)).ToArray();
        if (Refused is { } refused && data.Any(json => json.Contains(refused, StringComparison.Ordinal)))
        {
            throw new NotSupportedException($"A view holds '{refused}'.");
        }

        batch.BatchCommands.Add(new(
            $"insert into {Table(rows)} select $1, * from unnest($2, $3, $4) on conflict (view, tenant_id, id) do update set data = excluded.data")
        {
            Parameters =
            {
                new() { Value = typeof(TView).Name },
                new() { Value = changes.Stored.Select(change => change.Key.TenantId).ToArray() },
                new() { Value = changes.Stored.Select(change => change.Key.Id.ToString()!).ToArray() },
                new() { Value = data, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb },
            },
        });
        batch.BatchCommands.Add(new($"delete from {Table(rows)} where view = $1 and (tenant_id, id) in (select * from unnest($2, $3))")
        {
            Parameters =
            {
                new() { Value = typeof(TView).Name },
                new() { Value = changes.Removed.Select(key => key.TenantId).ToArray() },
                new() { Value = changes.Removed.Select(key => key.Id.ToString()!).ToArray() },
            },
        });
    }

    public async Task<long> Size(NpgsqlConnection connection, Type viewType, ViewRows rows, CancellationToken ct = default)
    {
        await using var command = new NpgsqlCommand($"select coalesce(pg_total_relation_size(to_regclass('{Table(rows)}')), 0)", connection);
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    public async Task MakeShadow(NpgsqlConnection connection, Type viewType, CancellationToken ct = default)
    {
        await Prepare(viewType, ct);
        await DropShadow(connection, viewType, ct);
    }

    public async Task Promote(NpgsqlConnection connection, Type viewType, CancellationToken ct = default)
    {
        // What is copied is locked: who removes a tenant's rows from the shadow meanwhile waits, and finds them among the live ones.
        await Execute(connection, "delete from views where view = $1", viewType, ct);
        await Execute(connection, "insert into views select * from views_shadow where view = $1 for update", viewType, ct);
        await DropShadow(connection, viewType, ct);
    }

    public async Task PromoteTenant(NpgsqlConnection connection, Type viewType, string tenantId, CancellationToken ct = default)
    {
        await Execute(connection, "delete from views where view = $1 and tenant_id = $2", viewType, ct, tenantId);
        await Execute(connection, "insert into views select * from views_shadow where view = $1 and tenant_id = $2 for update", viewType, ct, tenantId);
        await DropShadow(connection, viewType, ct);
    }

    public Task DropShadow(NpgsqlConnection connection, Type viewType, CancellationToken ct = default) =>
        Execute(connection, "delete from views_shadow where view = $1", viewType, ct);

    public async Task<long> Count(NpgsqlConnection connection, Type viewType, CancellationToken ct = default)
    {
        await using var command = new NpgsqlCommand("select count(*) from views where view = $1", connection) { Parameters = { new() { Value = viewType.Name } } };
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    public async Task MakeAside(NpgsqlConnection connection, Type viewType, CancellationToken ct = default)
    {
        await using var command = new NpgsqlCommand("create temporary table views_aside (like views including all)", connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    public async Task<RowComparison> Compare(NpgsqlConnection connection, Type viewType, KeySample? sample, int limit, CancellationToken ct = default)
    {
        await using var command = new NpgsqlCommand(
            """
            with joined as (
              select tenant_id, id, l.data as live, r.data as replayed, l.data::text is distinct from r.data::text as differs
              from (
                select * from views where view = $1 and ($3::bigint is null or eventstore.is_sampled($2, tenant_id, id, $3))
              ) l
              full join views_aside r using (view, tenant_id, id)
            )
            select c.compared, c.different, d.key, d.live, d.replayed
            from (select count(*) as compared, count(*) filter (where differs) as different from joined) c
            left join (
              select jsonb_build_object('tenant_id', tenant_id, 'id', id)::text as key, live::text as live, replayed::text as replayed
              from joined where differs order by 1 limit $4
            ) d on true
            """,
            connection)
        {
            Parameters =
            {
                new() { Value = viewType.Name },
                new() { Value = sample?.Seed ?? 0 },
                new() { Value = (object?)sample?.Threshold ?? DBNull.Value },
                new() { Value = limit },
            },
        };
        return await RowComparison.Read(command, ct);
    }

    public async Task<int> RemoveTenant(
        NpgsqlConnection connection, Type viewType, ViewRows rows, string tenantId, int limit, CancellationToken ct = default)
    {
        await using var command = new NpgsqlCommand(
            $"delete from {Table(rows)} where ctid = any (array(select ctid from {Table(rows)} where view = $1 and tenant_id = $2 limit $3))", connection)
        {
            Parameters = { new() { Value = viewType.Name }, new() { Value = tenantId }, new() { Value = limit } },
        };
        return await command.ExecuteNonQueryAsync(ct);
    }

    private static string Table(ViewRows rows) => rows switch { ViewRows.Shadow => "views_shadow", ViewRows.Aside => "views_aside", _ => "views" };

    private static async Task Execute(NpgsqlConnection connection, string sql, Type viewType, CancellationToken ct, params string[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = viewType.Name } } };
        command.Parameters.AddRange(values.Select(value => new NpgsqlParameter { Value = value }).ToArray());
        await command.ExecuteNonQueryAsync(ct);
    }
}
