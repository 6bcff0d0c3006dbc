using Marten;
using Monolith.EventSourcing;
using Monolith.EventStore;

namespace Monolith.Benchmarks;

/// <summary>Long histories of one stream, stored in pieces that a batch may have.</summary>
internal static class LongLedgers
{
    private const int Batch = 10_000;

    public static async Task Append(PostgresEventStore store, StreamId stream, int events)
    {
        var version = 0L;
        foreach (var batch in Movements.Of(events).Chunk(Batch))
        {
            version = (await store.Append(new(stream, ExpectedVersion.Exactly(version), batch.Select(NewEvent.Of)))).Version;
        }
    }

    public static async Task Append(DocumentStore marten, Guid stream, int events)
    {
        foreach (var batch in Movements.Of(events).Chunk(Batch))
        {
            await using var session = marten.LightweightSession("acme");
            session.Events.Append(stream, batch);
            await session.SaveChangesAsync();
        }
    }
}
