using Monolith.EventSourcing;
using Monolith.LoadTest.Arrivals;
using Monolith.LoadTest.Reporting;

namespace Monolith.LoadTest.Stores;

/// <summary>What scenarios do to the store. Streams are chosen before anything is awaited, so by one thread for each workload.</summary>
internal static class Work
{
    /// <summary>Appends one event at a time.</summary>
    public static Workload Append(LoadDatabase database, double rate, Func<StreamId> next, Action<Arrival, StreamId, AppendResult>? appended = null, string name = "append") =>
        Workload.Of(name, rate, async (arrival, ct) =>
        {
            var stream = next();
            var result = await database.Store.Append(Histories.Append(stream, arrival.Number), ct);
            appended?.Invoke(arrival, stream, result);
        });

    /// <summary>Loads one state at a time.</summary>
    public static Workload Load(LoadDatabase database, double rate, Func<StreamId> next, string name = "load") =>
        Workload.Of(name, rate, async (_, ct) => await database.Store.Load<LedgerState>(next(), ct: ct));

    /// <summary>Any of the streams.</summary>
    public static Func<StreamId> AnyOf(IReadOnlyList<StreamId> streams, int seed)
    {
        var random = new Random(seed);
        return () => streams[random.Next(streams.Count)];
    }

    /// <summary>All that was acknowledged is stored; of what failed nobody knows, since the answer may have been lost.</summary>
    public static async Task CheckStored(LoadDatabase database, long before, long acknowledged, long failed)
    {
        var stored = await database.Ask<long>("select count(*) from eventstore.events") - before;
        UnsoundException.Unless(stored >= acknowledged && stored <= acknowledged + failed, $"{acknowledged} appends were acknowledged and {failed} failed, and {stored} events were stored.");
    }
}
