using System.Runtime.CompilerServices;
using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>
/// Makes anew what one aggregate is in a read model: in place, at once and in one transaction, by whoever is asked.
/// </summary>
/// <remarks>
/// The live checkpoint is locked, so that it stands still and the tenant stays where it is; all events of the aggregate up to it are folded and the rows replaced;
/// the fence is raised, so that a writer that has loaded the old view finds out before it stores what it made of that. The writer begins its batch
/// again; nothing else of the shard changes.
/// </remarks>
internal sealed class AggregateRebuilding(NpgsqlDataSource dataSource, ProjectionCatalog catalog, IViewStore? views, TimeProvider time)
{
    private readonly ProjectionReader events = new(dataSource, catalog.Model);

    /// <summary>Rebuilds one aggregate's rows.</summary>
    /// <exception cref="RebuildRefusedException">Its rows cannot be told from those of other aggregates, or not now.</exception>
    /// <exception cref="ProjectionFailedException">An event could not be taken. Nothing has changed.</exception>
    /// <exception cref="UnknownTenantException">There is no such tenant.</exception>
    public async Task Rebuild(Projection projection, string tenantId, Guid aggregateId, CancellationToken ct)
    {
        if (projection.WhyNotByAggregate is { } reason)
        {
            throw new RebuildRefusedException(projection.Name, reason);
        }

        var writer = projection.Writer(views);
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        await writer.Prepare(connection, ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var (shard, live) = await RebuildStatements.LockLiveOf(connection, projection.Name, tenantId, ct);
        RebuildStatements.RequireVersion(projection, live);
        await writer.RebuildAggregate(transaction, tenantId, aggregateId, Wanted(connection, projection, tenantId, aggregateId, live!, ct), ct);
        await RebuildStatements.Execute(
            connection,
            ct,
            RebuildStatements.ClearParked(projection.Name, tenantId, aggregateId),
            RebuildStatements.Of("checkpoint_refence.sql", Parameters.Of(projection.Name), Parameters.Of(shard), Parameters.Of(time.GetUtcNow())));
        await transaction.CommitAsync(ct);
    }

    private async IAsyncEnumerable<IReadOnlyList<EventEnvelope>> Wanted(
        NpgsqlConnection connection, Projection projection, string tenantId, Guid aggregateId, LockedRow live, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var page in events.ReadAggregate(
            connection, live.Shard, tenantId, aggregateId, catalog.AggregateTypesOf(projection.Name), live.Position, ct))
        {
            IReadOnlyList<EventEnvelope> wanted = [.. page.Where(projection.Wants)];
            UnreadableEvent.Refuse(projection, wanted);
            yield return wanted;
        }
    }
}
