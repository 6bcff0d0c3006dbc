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

    /// <summary>How many bytes its rows take on disk, with their indexes.</summary>
    public abstract Task<long> Size(NpgsqlConnection connection, ViewRows rows, CancellationToken ct);

    /// <summary>Makes an empty shadow of its rows, in the transaction of the connection.</summary>
    public abstract Task MakeShadow(NpgsqlConnection connection, CancellationToken ct);

    /// <summary>Lets the shadow take the place of the live rows, in the transaction of the connection.</summary>
    public abstract Task Promote(NpgsqlConnection connection, CancellationToken ct);

    /// <summary>Lets one tenant's rows of the shadow take the place of its live rows, and removes the shadow, in the transaction of the connection.</summary>
    public abstract Task PromoteTenant(NpgsqlConnection connection, string tenantId, CancellationToken ct);

    /// <summary>Makes the live rows of one aggregate anew from all its events, in a transaction.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="aggregateId">The aggregate.</param>
    /// <param name="pages">Its events in order.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="ProjectionFailedException">One event is at fault.</exception>
    public abstract Task RebuildAggregate(
        NpgsqlTransaction transaction, string tenantId, Guid aggregateId, IAsyncEnumerable<IReadOnlyList<EventEnvelope>> pages, CancellationToken ct);

    /// <summary>Removes the shadow, in the transaction of the connection.</summary>
    public abstract Task DropShadow(NpgsqlConnection connection, CancellationToken ct);

    /// <summary>The member of a row's key, or of the row, that holds its tenant; null when there is none.</summary>
    public abstract string? TenantMember { get; }

    /// <summary>The member of a row's key, or of the row, that holds the aggregate whose events make it; null when there is none.</summary>
    public abstract string? AggregateMember { get; }

    /// <summary>Whether some of its rows can be replayed without the others.</summary>
    public abstract bool CanSample { get; }

    /// <summary>How many keys its live rows have.</summary>
    public abstract Task<long> CountKeys(NpgsqlConnection connection, CancellationToken ct);

    /// <summary>Makes empty temporary tables for its rows, in the session of the connection.</summary>
    public abstract Task MakeAside(NpgsqlConnection connection, CancellationToken ct);

    /// <summary>Turns events into statements that write the temporary tables of the batch's session.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="events">The events: of the aggregates in the sample, where one aggregate alone feeds a row.</param>
    /// <param name="sample">The keys that are wanted; null for all.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="ProjectionFailedException">One event is at fault.</exception>
    public abstract Task WriteAside(ProjectionBatch batch, IReadOnlyList<EventEnvelope> events, KeySample? sample, CancellationToken ct);

    /// <summary>Compares its live rows with those in the temporary tables of the connection's session.</summary>
    public abstract Task<RowComparison> Compare(NpgsqlConnection connection, KeySample? sample, int limit, CancellationToken ct);

    /// <summary>Removes some of a tenant's rows, in the transaction of the connection.</summary>
    /// <returns>How many; fewer than <paramref name="limit"/> when there are no more.</returns>
    public abstract Task<int> RemoveTenant(NpgsqlConnection connection, ViewRows rows, string tenantId, int limit, CancellationToken ct);
}
