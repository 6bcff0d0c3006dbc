using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>Collects the statements that events become. They travel together, behind the checkpoint, in one round trip.</summary>
public sealed class TableStatements
{
    private readonly ProjectionBatch batch;

    internal TableStatements(ProjectionBatch batch) => this.batch = batch;

    internal EventEnvelope? Cause { get; set; }

    /// <summary>Adds a statement.</summary>
    /// <param name="sql">One statement with <c>$1</c>, <c>$2</c> … for its values. Never put a value into the text.</param>
    /// <param name="values">The values in order; null for null.</param>
    public void Add(string sql, params ReadOnlySpan<object?> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        }

        batch.Add(command, Cause);
    }
}
