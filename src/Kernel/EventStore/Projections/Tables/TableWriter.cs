using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>Writes a table projection. A statement that the database refuses is put down to the event that it came from.</summary>
internal sealed class TableWriter(TableProjection projection) : ProjectionWriter
{
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
        var statements = new TableStatements(batch);
        batch.Add(new("select set_config('search_path', $1, true)") { Parameters = { Parameters.Of(SchemaOf(rows)) } });
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
        return Task.CompletedTask;
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

    public override async Task DropShadow(NpgsqlConnection connection, CancellationToken ct)
    {
        foreach (var table in projection.Tables)
        {
            await Execute(connection, Statements.Text("drop_shadow.sql"), ct, Parameters.Of(projection.Schema), Parameters.Of(table));
        }
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

    private string SchemaOf(ViewRows rows) => rows == ViewRows.Shadow ? projection.Schema + "_shadow" : projection.Schema;

    private static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken ct, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        await PostgresErrors.TranslateRole(command.ExecuteNonQueryAsync(ct));
    }
}
