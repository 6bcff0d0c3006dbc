using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>Writes a table projection. A statement that the database refuses is put down to the event that it came from.</summary>
internal sealed class TableWriter(TableProjection projection) : ProjectionWriter
{
    // Two hosts that create the same table at once would both find it missing; the lock lets the second one see it.
    public override async Task Prepare(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new(Statements.Text("migration_lock.sql")),
                new($"create schema if not exists {projection.Schema}"),
                new($"set local search_path to {projection.Schema}"),
            },
        };
        await batch.ExecuteNonQueryAsync(ct);
        await using var definition = new NpgsqlCommand(projection.Definition, connection);
        await definition.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
    }

    public override Task Write(ProjectionBatch batch, IReadOnlyList<EventEnvelope> events, CancellationToken ct)
    {
        var statements = new TableStatements(batch);
        batch.Add(SearchPath());
        foreach (var envelope in events)
        {
            if (!projection.Wants(envelope))
            {
                continue;
            }

            statements.Cause = envelope;
            try
            {
                projection.Apply(envelope, statements);
            }
            catch (Exception problem)
            {
                throw new ProjectionFailedException(projection.Name, envelope, problem);
            }
        }

        return Task.CompletedTask;
    }

    public override void Clear(NpgsqlBatch batch)
    {
        batch.BatchCommands.Add(SearchPath());
        batch.BatchCommands.Add(new($"truncate {string.Join(", ", projection.Tables)}"));
    }

    private NpgsqlBatchCommand SearchPath() => new("select set_config('search_path', $1, true)")
    {
        Parameters = { new NpgsqlParameter<string> { TypedValue = projection.Schema } },
    };
}
