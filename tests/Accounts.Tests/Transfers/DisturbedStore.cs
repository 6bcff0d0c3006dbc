using Monolith.EventSourcing;

namespace Monolith.Accounts.Tests.Transfers;

/// <summary>Where a caller of the store is.</summary>
/// <param name="Name">What is called.</param>
/// <param name="IsDone">Whether the store has done it, and the caller has yet to hear of it.</param>
internal readonly record struct StoreCall(string Name, bool IsDone);

/// <summary>The host's process is gone: nothing that it held in memory is left.</summary>
internal sealed class CrashException() : Exception("The host has crashed here.");

/// <summary>A store whose callers are held up, or crash, before a call or before they hear its answer.</summary>
internal sealed class DisturbedStore(IEventStore store, Func<StoreCall, Task> disturb) : IEventStore
{
    public async Task<AppendResult> Append(AppendRequest request, CancellationToken ct = default)
    {
        await disturb(new(nameof(Append), IsDone: false));
        var result = await store.Append(request, ct);
        await disturb(new(nameof(Append), IsDone: true));
        return result;
    }

    public async Task<LoadedState<TState>> Load<TState>(StreamId stream, AsOf asOf = default, CancellationToken ct = default) where TState : class, IState<TState>
    {
        await disturb(new(nameof(Load), IsDone: false));
        var state = await store.Load<TState>(stream, asOf, ct);
        await disturb(new(nameof(Load), IsDone: true));
        return state;
    }

    public IAsyncEnumerable<EventEnvelope> Read(StreamId stream, StreamRange range, CancellationToken ct = default) => store.Read(stream, range, ct);

    public IAsyncEnumerable<EventEnvelope> ReadFeed(FeedRange range, CancellationToken ct = default) => store.ReadFeed(range, ct);

    public IAsyncEnumerable<EventEnvelope> Search(EventSearch search, CancellationToken ct = default) => store.Search(search, ct);

    public Task<bool> Archive(StreamId stream, ExpectedVersion expected, CancellationToken ct = default) => store.Archive(stream, expected, ct);

    public Task<bool> Restore(StreamId stream, CancellationToken ct = default) => store.Restore(stream, ct);
}
