using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>What one kind of projection does with a batch of events, into the live rows or into a shadow. Safe for concurrent use by the shards.</summary>
internal abstract class ProjectionWriter
{
    /// <summary>Makes sure that its live rows can be stored. Repeating it changes nothing.</summary>
    public abstract Task Prepare(NpgsqlConnection connection, CancellationToken ct);

    /// <summary>
    /// Turns events into statements of <paramref name="batch"/>. It may read through the batch's connection but not write: the runner executes
    /// the batch, behind the statement that moves the checkpoint, as one transaction and one round trip.
    /// </summary>
    /// <exception cref="ProjectionFailedException">One event is at fault; the message names it.</exception>
    public abstract Task Write(ProjectionBatch batch, ViewRows rows, IReadOnlyList<EventEnvelope> events, CancellationToken ct);

    /// <summary>What events of an append make of the live rows; of an inline projection only.</summary>
    /// <exception cref="ProjectionFailedException">The projection could not say the keys of an event.</exception>
    public virtual InlineFold Fold(IReadOnlyList<EventEnvelope> events) => throw new NotSupportedException();

    /// <summary>Makes an empty shadow of its rows, in the transaction of the connection.</summary>
    public abstract Task MakeShadow(NpgsqlConnection connection, CancellationToken ct);

    /// <summary>Lets the shadow take the place of the live rows, in the transaction of the connection.</summary>
    public abstract Task Promote(NpgsqlConnection connection, CancellationToken ct);

    /// <summary>Removes the shadow, in the transaction of the connection.</summary>
    public abstract Task DropShadow(NpgsqlConnection connection, CancellationToken ct);

    /// <summary>Removes some of a tenant's rows, in the transaction of the connection.</summary>
    /// <returns>How many; fewer than <paramref name="limit"/> when there are no more.</returns>
    public abstract Task<int> RemoveTenant(NpgsqlConnection connection, ViewRows rows, string tenantId, int limit, CancellationToken ct);
}
