using Monolith.EventSourcing;
using Monolith.Testing.Conformance;

namespace Monolith.EventStore.Tests.Cache;

/// <summary>A tally whose states are kept in memory.</summary>
[AggregateType("cached_tally", Cache = true)]
public sealed class CachedTally(Guid id) : Aggregate<TallyState>(id)
{
    public static DomainModel Model { get; } = new DomainModelBuilder()
        .AddEvent(typeof(Counted)).AddEvent(typeof(Noted)).AddAggregate(typeof(Tally)).AddAggregate(typeof(CachedTally))
        .Build();

    public static StreamId NewStream(string tenant = ConformanceStore.Acme) => new(tenant, "cached_tally", Guid.CreateVersion7());

    public static TallyState Replayed(int version) =>
        Enumerable.Range(1, version).Aggregate(TallyState.Initial, (state, number) => state.Apply(new Counted(number)));

    public void Count(long number) => Raise(new Counted(number));
}
