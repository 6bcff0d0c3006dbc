using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>What one kind of projection does with a batch of events. One instance a projection, used by one batch of each shard at a time.</summary>
internal abstract class ProjectionWriter
{
    /// <summary>Makes sure that its rows can be stored. Repeating it changes nothing.</summary>
    public abstract Task Prepare(NpgsqlConnection connection, CancellationToken ct);

    /// <summary>
    /// Turns events into statements of <paramref name="batch"/>. It may read through the batch's connection but not write: the runner executes
    /// the batch, behind the statement that moves the checkpoint, as one transaction and one round trip.
    /// </summary>
    /// <exception cref="ProjectionFailedException">One event is at fault; the message names it.</exception>
    public abstract Task Write(ProjectionBatch batch, IReadOnlyList<EventEnvelope> events, CancellationToken ct);

    /// <summary>Adds the statements that remove everything it has written.</summary>
    public abstract void Clear(NpgsqlBatch batch);
}
