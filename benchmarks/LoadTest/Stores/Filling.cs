using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.LoadTest.Reporting;

namespace Monolith.LoadTest.Stores;

/// <summary>Fills a store by import, which is COPY, before something is measured.</summary>
internal static class Filling
{
    /// <summary>So many streams are written to at the same time; a longer history is made of several such times, as it would have come about.</summary>
    public const int AtATime = 20_000;

    private const int BatchEvents = 50_000;

    /// <summary>Stores about so many events, and lets the server look at them as it would by itself after a while.</summary>
    /// <returns>The streams.</returns>
    public static async Task<IReadOnlyList<StreamId>> Fill(LoadDatabase database, int events, int tenants, CancellationToken stop)
    {
        var streams = Histories.NewStreams(events / Histories.EventsPerStream, tenants);
        await Import(database, streams, stop);
        await Settle(database);
        return streams;
    }

    public static async Task<ImportProgress> Import(LoadDatabase database, IReadOnlyCollection<StreamId> streams, CancellationToken stop)
    {
        var events = (long)streams.Count * Histories.EventsPerStream;
        var progress = new Progress<ImportProgress>(done => Report.Line($"stored {done.Stored:N0} of {events:N0} events, {done.EventsPerSecond:N0}/s"));
        var history = streams.Chunk(AtATime).SelectMany(some => Histories.Interleaved(some));
        return await database.Store.Import(history.ToAsyncEnumerable(), new() { BatchEvents = BatchEvents }, progress, stop);
    }

    /// <summary>What autovacuum and the checkpointer have done by the time a store of that size is used.</summary>
    public static async Task Settle(LoadDatabase database)
    {
        await database.Execute("vacuum analyze");
        await database.Execute("checkpoint");
    }
}
