using Microsoft.Extensions.DependencyInjection;
using Monolith.EventSourcing;
using Monolith.EventStore;

namespace Monolith.Hosting;

/// <summary>
/// Moves aggregates into the archive and out of it, for operators. What is in the archive can say nothing any more; so an aggregate whose module has declared it
/// (<see cref="ModuleBuilder.Archives"/>) decides before, by an event, and after it is back.
/// </summary>
public sealed class ArchivedAggregates
{
    private readonly IEventStore store;
    private readonly Ownership ownership;
    private readonly IServiceProvider services;
    private readonly Dictionary<string, ArchivedAggregate> declared;

    internal ArchivedAggregates(IEventStore store, Ownership ownership, IServiceProvider services, IEnumerable<ArchivedAggregate> declared)
    {
        (this.store, this.ownership, this.services) = (store, ownership, services);
        this.declared = declared.ToDictionary(one => one.TypeName, StringComparer.Ordinal);
    }

    /// <summary>Archives an aggregate. When the process dies in the middle, doing it again goes on.</summary>
    /// <param name="stream">Its stream.</param>
    /// <param name="version">The only version to archive; null for whatever is there.</param>
    /// <param name="ct">Gives up, as <see cref="IEventStore.Archive"/> does.</param>
    /// <returns>Whether it was not archived before.</returns>
    /// <exception cref="AggregateNotFoundException">There is none.</exception>
    /// <exception cref="RejectedException">The aggregate refuses.</exception>
    /// <exception cref="OwnerRequiredException">The connections are those of the application's role.</exception>
    /// <exception cref="VersionMismatchException">It is at another version.</exception>
    /// <exception cref="ConcurrencyException">It is at another version, or somebody wrote to it meanwhile.</exception>
    public async Task<bool> Archive(StreamId stream, long? version = null, CancellationToken ct = default)
    {
        if (declared.GetValueOrDefault(stream.AggregateType) is { } aggregate)
        {
            // Before the aggregate says that it is gone: who may not archive must not make it say so.
            await ownership.Require("Archiving a stream", ct);
            using var operation = Operation(stream, nameof(Archive));
            version = await aggregate.Leave(services, stream.AggregateId, version, ct);
        }

        return await store.Archive(stream, version is { } exact ? ExpectedVersion.Exactly(exact) : ExpectedVersion.Any, ct);
    }

    /// <summary>Brings an aggregate back. When the process dies in the middle, doing it again goes on.</summary>
    /// <returns>Whether it was archived.</returns>
    /// <exception cref="AggregateNotFoundException">There is none.</exception>
    public async Task<bool> Restore(StreamId stream, CancellationToken ct = default)
    {
        var isChanged = await store.Restore(stream, ct);
        if (declared.GetValueOrDefault(stream.AggregateType) is { } aggregate)
        {
            using var operation = Operation(stream, nameof(Restore));
            await aggregate.Return(services, stream.AggregateId, ct);
        }

        return isChanged;
    }

    private static IDisposable Operation(StreamId stream, string command) => new OperationContext(stream.TenantId, new() { Command = command }).Begin();
}

/// <summary>What the aggregates of one type decide when they go into the archive and come back.</summary>
internal abstract class ArchivedAggregate(string typeName)
{
    public string TypeName { get; } = typeName;

    /// <summary>Decides, and says at which version the aggregate is then; null when it is in the archive already.</summary>
    public abstract Task<long?> Leave(IServiceProvider services, Guid id, long? version, CancellationToken ct);

    public abstract Task Return(IServiceProvider services, Guid id, CancellationToken ct);
}

/// <inheritdoc/>
internal sealed class ArchivedAggregate<TAggregate>(string typeName, Action<TAggregate> before, Action<TAggregate> afterwards) : ArchivedAggregate(typeName)
    where TAggregate : Aggregate
{
    public override async Task<long?> Leave(IServiceProvider services, Guid id, long? version, CancellationToken ct)
    {
        var aggregates = services.GetRequiredService<AggregateRepository<TAggregate>>();
        return (await aggregates.Load(id, ct: ct)).IsArchived ? null : (await aggregates.Update(id, before, version, ct)).Version;
    }

    public override Task Return(IServiceProvider services, Guid id, CancellationToken ct) =>
        services.GetRequiredService<AggregateRepository<TAggregate>>().Update(id, afterwards, ct: ct);
}
