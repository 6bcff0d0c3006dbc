namespace Monolith.EventSourcing;

/// <summary>What a write did, for the reply.</summary>
/// <param name="Id">The aggregate.</param>
/// <param name="Version">Its version now.</param>
/// <param name="Position">The position of the last event appended; 0 when the decision was empty.</param>
public readonly record struct Saved(Guid Id, long Version, long Position);

/// <summary>Loads and saves the aggregates of one type for the tenant of the <see cref="OperationContext"/>. Safe for concurrent use.</summary>
/// <typeparam name="TAggregate">The aggregate, declared with <see cref="AggregateTypeAttribute"/>.</typeparam>
public sealed class AggregateRepository<TAggregate> where TAggregate : Aggregate
{
    /// <summary>How often <see cref="Update"/> decides anew when others write to the same aggregate at the same time.</summary>
    public const int MaxAttempts = 12;

    private readonly IEventStore store;
    private readonly AggregateDefinition definition;

    /// <summary>A repository on a store.</summary>
    /// <exception cref="InvalidModelException">The aggregate is not in the model.</exception>
    public AggregateRepository(IEventStore store, DomainModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        this.store = store;
        definition = model.Aggregate(typeof(TAggregate));
    }

    /// <summary>The aggregate as it is now, or as it was.</summary>
    /// <exception cref="AggregateNotFoundException">There is none, or there was none then.</exception>
    public async Task<TAggregate> Load(Guid id, AsOf asOf = default, CancellationToken ct = default) =>
        await Find(id, asOf, ct) ?? throw new AggregateNotFoundException(Stream(id), asOf);

    /// <summary>The aggregate as it is now, or as it was; null when there is none.</summary>
    public async Task<TAggregate?> Find(Guid id, AsOf asOf = default, CancellationToken ct = default)
    {
        var aggregate = (TAggregate)definition.Create(id);
        return await aggregate.Load(store, Stream(id), asOf, ct) ? aggregate : null;
    }

    /// <summary>
    /// Appends the uncommitted events at the version that the aggregate was loaded at, and the change of its claims with them.
    /// An aggregate without uncommitted events is left as it is. Safe to repeat with the same instance.
    /// </summary>
    /// <exception cref="ConcurrencyException">Somebody else wrote meanwhile, or an aggregate of this id exists already.</exception>
    /// <exception cref="ClaimTakenException">A claim belongs to another aggregate.</exception>
    /// <exception cref="AggregateArchivedException">The aggregate is archived.</exception>
    public async Task<Saved> Save(TAggregate aggregate, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(aggregate);
        if (StoredBefore is { } before)
        {
            return before;
        }

        if (aggregate.UncommittedEvents.Count == 0)
        {
            return new(aggregate.Id, aggregate.Version, 0);
        }

        var request = new AppendRequest(Stream(aggregate.Id), ExpectedVersion.Exactly(aggregate.Version), aggregate.UncommittedEvents)
        {
            Claims = aggregate.ClaimChanges,
            Metadata = OperationContext.Current.Metadata,
        };
        var result = await store.Append(request, ct);
        aggregate.Committed(result.Version);
        return new(aggregate.Id, result.Version, result.Position);
    }

    /// <summary>
    /// Loads, decides and saves; when somebody else wrote meanwhile, loads and decides anew. A decision that raises nothing is success.
    /// </summary>
    /// <param name="id">The aggregate.</param>
    /// <param name="decide">The decision. It may run several times, so it must have no effect but on the aggregate.</param>
    /// <param name="requiredVersion">The only version to decide on (<c>If-Match</c>); null to decide on whatever is there.</param>
    /// <param name="ct">Stops before the next step; an append on its way is written whole or not at all.</param>
    /// <exception cref="AggregateNotFoundException">There is no such aggregate.</exception>
    /// <exception cref="VersionMismatchException">The aggregate is not at <paramref name="requiredVersion"/>.</exception>
    /// <exception cref="RejectedException">The decision refuses, or a claim is taken.</exception>
    /// <exception cref="AggregateArchivedException">The aggregate is archived, and the decision raised something.</exception>
    /// <exception cref="ConcurrencyException">Others won every one of <see cref="MaxAttempts"/> attempts.</exception>
    public async Task<Saved> Update(Guid id, Action<TAggregate> decide, long? requiredVersion = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(decide);
        if (StoredBefore is { } before)
        {
            return before;
        }

        for (var attempt = 1; ; attempt++)
        {
            var aggregate = await Load(id, ct: ct);
            if (requiredVersion is { } required && required != aggregate.Version)
            {
                throw new VersionMismatchException(Stream(id), required, aggregate.Version);
            }

            decide(aggregate);
            try
            {
                return await Save(aggregate, ct);
            }
            catch (ConcurrencyException conflict) when (requiredVersion is { } wanted)
            {
                throw new VersionMismatchException(Stream(id), wanted, conflict.Actual, conflict);
            }
            catch (ConcurrencyException) when (attempt < MaxAttempts)
            {
                await Task.Delay(Backoff(attempt), ct);
            }
        }
    }

    // An operation writes to one aggregate, so what its first run stored of this type is the answer of this one.
    private Saved? StoredBefore => OperationContext.CurrentOrNull?.Stored is { } stored && stored.AggregateType == definition.Name ? stored.Saved : null;

    private StreamId Stream(Guid id) => new(OperationContext.Current.TenantId, definition.Name, id);

    // Full jitter, so that losers of the same race do not meet again: 0 to 2, 4, 8 … 64 ms.
    private static TimeSpan Backoff(int attempt) =>
        TimeSpan.FromMilliseconds(Random.Shared.NextDouble() * (1 << Math.Min(attempt, 6)));
}
