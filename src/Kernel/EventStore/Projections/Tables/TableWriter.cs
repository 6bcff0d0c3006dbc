using Monolith.EventSourcing;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.EventStore.Projections;

/// <summary>Writes a table projection. A statement that the database refuses is put down to the event that it came from.</summary>
internal sealed class TableWriter(TableProjection projection) : ProjectionWriter
{
    private const string BeforePage = "before_page";
    private const string Aside = "pg_temp";

    // Where the migration has made the tables nothing is left to do, and the application's role may not. Two hosts that create the same table at
    // once would both find it missing; the lock lets the second one see it.
    public override async Task Prepare(NpgsqlConnection connection, CancellationToken ct)
    {
        if (await TableSchema.IsMade(connection, projection, ct))
        {
            return;
        }

        await using var transaction = await connection.BeginTransactionAsync(ct);
        await Execute(connection, Statements.Text("migration_lock.sql"), ct);
        foreach (var statement in TableSchema.Make(projection))
        {
            await Execute(connection, statement, ct);
        }

        await transaction.CommitAsync(ct);
    }

    public override Task Write(ProjectionBatch batch, ViewRows rows, IReadOnlyList<EventEnvelope> events, CancellationToken ct)
    {
        Add(batch, SchemaOf(rows), events);
        return Task.CompletedTask;
    }

    public override async Task<long> Size(NpgsqlConnection connection, ViewRows rows, CancellationToken ct)
    {
        var size = 0L;
        foreach (var table in projection.Tables)
        {
            await using var command = new NpgsqlCommand(Statements.Text("table_size.sql"), connection)
            {
                Parameters = { Parameters.Of(SchemaOf(rows)), Parameters.Of(table) },
            };
            size += (long)(await command.ExecuteScalarAsync(ct))!;
        }

        return size;
    }

    public override async Task MakeShadow(NpgsqlConnection connection, CancellationToken ct)
    {
        await Execute(connection, TableSchema.Register(projection), ct);
        await Execute(connection, Statements.Text("define_shadow.sql"), ct, Parameters.Of(projection.Name), Parameters.Of(projection.Version));
    }

    public override async Task Promote(NpgsqlConnection connection, CancellationToken ct)
    {
        foreach (var table in projection.Tables)
        {
            await Execute(connection, Statements.Text("promote_shadow.sql"), ct, Parameters.Of(projection.Schema), Parameters.Of(table));
        }
    }

    public override async Task PromoteTenant(NpgsqlConnection connection, string tenantId, CancellationToken ct)
    {
        foreach (var table in projection.Tables)
        {
            await Execute(
                connection,
                Statements.Text("merge_shadow.sql"),
                ct,
                Parameters.Of(projection.Schema),
                Parameters.Of(table),
                Parameters.Of(projection.TenantColumn!),
                Parameters.Of(tenantId));
        }
    }

    public override async Task RebuildAggregate(
        NpgsqlTransaction transaction, string tenantId, Guid aggregateId, IAsyncEnumerable<IReadOnlyList<EventEnvelope>> pages, CancellationToken ct)
    {
        foreach (var table in projection.Tables)
        {
            await Execute(
                transaction.Connection!,
                $"delete from {projection.Schema}.{table} where {projection.TenantColumn} = $1 and {projection.AggregateColumn} = $2",
                ct,
                Parameters.Of(tenantId),
                Parameters.Of(aggregateId));
        }

        await foreach (var page in pages.WithCancellation(ct))
        {
            await transaction.SaveAsync(BeforePage, ct);
            try
            {
                await Execute(transaction, page, ct);
            }
            catch (PostgresException refused) when (Failures.IsOfAnEvent(refused))
            {
                await transaction.RollbackAsync(BeforePage, ct);
                await ExecuteOneByOne(transaction, page, ct);
            }
        }
    }

    public override async Task DropShadow(NpgsqlConnection connection, CancellationToken ct)
    {
        foreach (var table in projection.Tables)
        {
            await Execute(connection, Statements.Text("drop_shadow.sql"), ct, Parameters.Of(projection.Schema), Parameters.Of(table));
        }
    }

    public override string? TenantMember => projection.TenantColumn;

    public override string? AggregateMember => projection.AggregateColumn;

    public override bool CanSample => projection.WhyNotByAggregate is null;

    public override async Task<long> CountKeys(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            $"select count(distinct ({projection.TenantColumn}, {projection.AggregateColumn})) from {projection.Schema}.{projection.Tables[0]}", connection)
        {
            CommandTimeout = 0,
        };
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    public override async Task MakeAside(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await Execute(connection, $"set local search_path to {Aside}", ct);
        await Execute(connection, projection.Definition, ct);
        await transaction.CommitAsync(ct);
    }

    // Where rows can be told apart by aggregate, the events are those of the sample already.
    public override Task WriteAside(ProjectionBatch batch, IReadOnlyList<EventEnvelope> events, KeySample? sample, CancellationToken ct) =>
        Write(batch, ViewRows.Aside, events, ct);

    public override async Task<RowComparison> Compare(NpgsqlConnection connection, KeySample? sample, int limit, CancellationToken ct)
    {
        var tables = new List<RowComparison>();
        foreach (var table in projection.Tables)
        {
            await using var command = new NpgsqlCommand(Statements.Text("compare_rows.sql"), connection)
            {
                CommandTimeout = 0,
                Parameters =
                {
                    Parameters.Of(projection.Schema),
                    Parameters.Of(table),
                    Parameters.Of(Aside),
                    Parameters.Of(table),
                    new() { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                    Parameters.OfNullable((string?)null),
                    Parameters.OfNullable(projection.TenantColumn),
                    Parameters.OfNullable(projection.AggregateColumn),
                    Parameters.Of(sample?.Seed ?? 0),
                    Parameters.OfNullable(sample?.Threshold),
                    Parameters.Of(limit),
                },
            };
            tables.Add(await RowComparison.Read(command, ct));
        }

        return RowComparison.Of(tables, limit);
    }

    public override async Task<int> RemoveTenant(NpgsqlConnection connection, ViewRows rows, string tenantId, int limit, CancellationToken ct)
    {
        var removed = 0;
        foreach (var table in projection.TenantColumn is null ? [] : projection.Tables)
        {
            await using var command = new NpgsqlCommand(Statements.Text("erase_tenant_from_table.sql"), connection)
            {
                Parameters =
                {
                    Parameters.Of(SchemaOf(rows)),
                    Parameters.Of(table),
                    Parameters.Of(projection.TenantColumn!),
                    Parameters.Of(tenantId),
                    Parameters.Of(limit - removed),
                },
            };
            try
            {
                removed += (int)(await command.ExecuteScalarAsync(ct))!;
            }
            catch (PostgresException missing) when (PostgresErrors.IsTenantColumnMissing(missing))
            {
                throw new InvalidModelException(
                    $"The table '{table}' of the projection '{projection.Name}' has no column '{projection.TenantColumn}': override {nameof(TableProjection.TenantColumn)}.",
                    missing);
            }
        }

        return removed;
    }

    private void Add(ProjectionBatch batch, string schema, IReadOnlyList<EventEnvelope> events)
    {
        var statements = new TableStatements(batch);
        batch.Add(new("select set_config('search_path', $1, true)") { Parameters = { Parameters.Of(schema) } });
        foreach (var envelope in events)
        {
            if (!projection.Wants(envelope))
            {
                continue;
            }

            statements.Cause = envelope;
            batch.Pulse.Enter(envelope);
            try
            {
                projection.Apply(envelope, statements);
            }
            catch (Exception problem)
            {
                throw new ProjectionFailedException(projection.Name, envelope, problem);
            }
        }

        batch.Pulse.Leave();
    }

    // The server does not say which statement of a batch it has refused.
    private async Task ExecuteOneByOne(NpgsqlTransaction transaction, IReadOnlyList<EventEnvelope> events, CancellationToken ct)
    {
        foreach (var envelope in events)
        {
            try
            {
                await Execute(transaction, [envelope], ct);
            }
            catch (PostgresException refused) when (Failures.IsOfAnEvent(refused))
            {
                throw new ProjectionFailedException(projection.Name, envelope, refused);
            }
        }
    }

    private async Task Execute(NpgsqlTransaction transaction, IReadOnlyList<EventEnvelope> events, CancellationToken ct)
    {
        await using var batch = new ProjectionBatch(transaction);
        Add(batch, projection.Schema, events);
        await batch.Execute(ct);
    }

    private string SchemaOf(ViewRows rows) => rows switch
    {
        ViewRows.Shadow => projection.Schema + "_shadow",
        ViewRows.Aside => Aside,
        _ => projection.Schema,
    };

    private static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken ct, params NpgsqlParameter[] parameters)
    {
        // Some of it copies rows, which takes as long as there are many.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        command.Parameters.AddRange(parameters);
        await PostgresErrors.TranslateRole(command.ExecuteNonQueryAsync(ct));
    }
}
