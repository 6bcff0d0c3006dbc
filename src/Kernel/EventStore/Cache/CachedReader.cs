using System.Text.Json;
using Monolith.EventSourcing;

namespace Monolith.EventStore;

/// <summary>
/// Loads states, of cached aggregate types from memory and tail. Memory saves the snapshot and most of the fold, never the round trip: each load
/// asks the database for the last event of the state in memory and for those after it.
/// </summary>
/// <remarks>
/// <para>
/// So a load is never stale, whoever else writes. A tenant that was disabled, dropped or moved gives no row here, and a stream that is another
/// one than in memory (dropped and made anew, restored from a backup) has another event at that version: then the state is forgotten and
/// the load goes the ordinary way, with the ordinary errors.
/// </para>
/// <para>
/// Only states that were read are kept. The state that a repository has after an append was folded from the events in its hands; what is
/// stored went through JSON, and only reading it back shows that it is the same. That is what the next load does, for the price of a few events.
/// </para>
/// </remarks>
internal sealed class CachedReader
{
    // A state is measured anew when the events folded in since could have doubled it. What they add is counted meanwhile.
    private const long LeastBytesBetweenMeasures = 4096;

    private readonly EventReader streams;
    private readonly DomainModel model;
    private readonly StoreMetrics metrics;
    private readonly StateCache cache;

    public CachedReader(EventReader streams, DomainModel model, EventStoreOptions options, StoreMetrics metrics)
    {
        (this.streams, this.model, this.metrics) = (streams, model, metrics);
        cache = new(options.MaxCachedStates, options.MaxCachedBytes, state => metrics.Evicted(state.Stream.AggregateType));
        metrics.Meter.CreateObservableGauge("monolith.eventstore.cache.states", () => cache.Count, "{state}", "Aggregate states in memory.");
        metrics.Meter.CreateObservableGauge("monolith.eventstore.cache.size", () => cache.Bytes, "By", "Size of the aggregate states in memory, as JSON.");
    }

    public async Task<StateFold> Load(StreamId stream, AsOf asOf, CancellationToken ct)
    {
        var definition = model.Aggregate(stream.AggregateType);
        if (!definition.Cache || !cache.IsOn || asOf.MaxTime is not null)
        {
            return await streams.Load(stream, asOf, ct);
        }

        // No load may read more events on top of a state in memory than it would on top of a snapshot.
        var mostEvents = definition.SnapshotEvery == 0 ? int.MaxValue : definition.SnapshotEvery;
        var cached = cache.Find(stream);
        if (cached is not null && Serves(cached, asOf, mostEvents))
        {
            if (await streams.LoadTail(cached, asOf.MaxVersion ?? long.MaxValue, mostEvents, ct) is { } tail)
            {
                metrics.LoadedThroughCache(definition.Name, "hit");
                return Kept(definition, stream, tail, asOf, cached);
            }

            cache.Forget(cached);
            metrics.LoadedThroughCache(definition.Name, "outdated");
        }
        else
        {
            metrics.LoadedThroughCache(definition.Name, "miss");
        }

        var isNow = asOf == AsOf.Now;
        return Kept(definition, stream, await streams.Load(stream, asOf, ct, forCache: isNow), asOf, known: null);
    }

    private static bool Serves(CachedState cached, AsOf asOf, int mostEvents) =>
        asOf.MaxVersion is not { } version || (cached.Version <= version && version - cached.Version <= mostEvents);

    private StateFold Kept(AggregateDefinition definition, StreamId stream, StateFold fold, AsOf asOf, CachedState? known)
    {
        if (asOf == AsOf.Now && fold.LastEventId is { } lastEventId && fold.Version != known?.Version)
        {
            var (measured, foldedSince) = known is null ? (0, long.MaxValue) : (known.Measured, known.FoldedSince + fold.EventBytes);
            if (foldedSince > Math.Max(measured, LeastBytesBetweenMeasures))
            {
                (measured, foldedSince) = (Measure(definition, fold.State), 0);
            }

            cache.Keep(new(stream, fold.State, fold.Version, lastEventId, measured, foldedSince));
        }

        return fold;
    }

    // A state that cannot be written as JSON, which only a type without snapshots can afford, has no size and is not kept.
    private static long Measure(AggregateDefinition definition, object state)
    {
        try
        {
            return definition.SerializeState(state).Length;
        }
        catch (Exception problem) when (problem is NotSupportedException or JsonException)
        {
            return long.MaxValue / 2;
        }
    }
}
