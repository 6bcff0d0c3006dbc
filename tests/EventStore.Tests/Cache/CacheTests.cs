using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using static Monolith.EventStore.Tests.Cache.CachedTally;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Cache;

/// <summary>Tests of states in memory: what a load took from there is part of what they assert.</summary>
public abstract class CacheTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    protected static readonly StoreSetup Cached = new() { Model = CachedTally.Model };

    protected async Task<StreamId> Stored(ConformanceStore store, int events)
    {
        var stream = NewStream();
        await store.Append(stream, ExpectedVersion.None, Counts(1, events), Ct);
        await store.Store.DrainSnapshots(Ct);
        return stream;
    }

    protected async Task<StreamId> Warm(ConformanceStore store, int events)
    {
        var stream = await Stored(store, events);
        await store.Store.Load<TallyState>(stream, ct: Ct);
        await Loads(store, stream, events, cached: events, events: 0);
        return stream;
    }

    protected async Task Loads(ConformanceStore store, StreamId stream, int version, int cached, int events)
    {
        var loaded = await store.Store.Load<TallyState>(stream, ct: Ct);
        Assert.Equal((version, cached, events), (loaded.Version, loaded.CachedVersion, loaded.EventsRead));
        Assert.Equal(Replayed(version), loaded.State);
    }

    // What dropping a tenant does to one stream of it.
    protected Task<int> Erase(ConformanceStore store, StreamId stream) => store.Execute(
        $"""
        begin;
        set local eventstore.maintenance = 'on';
        delete from eventstore.events where aggregate_id = '{stream.AggregateId}';
        delete from eventstore.snapshots where aggregate_id = '{stream.AggregateId}';
        commit
        """,
        Ct);
}
