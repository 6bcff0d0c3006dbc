using Monolith.EventSourcing;
using Monolith.EventStore;

namespace Monolith.Benchmarks;

// The same records go through both stores.
[EventType("ledger.opened")]
public sealed record Opened(string Holder, string Currency);

[EventType("ledger.moved")]
public sealed record Moved(decimal Amount, string Reference, decimal Balance);

public sealed record LedgerState(string Holder, decimal Balance, int Movements) : IState<LedgerState>
{
    public static LedgerState Initial { get; } = new("", 0m, 0);

    public LedgerState Apply(object @event) => @event switch
    {
        Opened e => this with { Holder = e.Holder },
        Moved e => this with { Balance = e.Balance, Movements = Movements + 1 },
        _ => throw new UnknownEventException(@event),
    };
}

[AggregateType("ledger")]
public sealed class Ledger(Guid id) : Aggregate<LedgerState>(id)
{
    public void Open(string holder) => Raise(new Opened(holder, "EUR"));

    public void Move(decimal amount) => Raise(new Moved(amount, "benchmark", State.Balance + amount));
}

/// <summary>The same, kept in memory.</summary>
[AggregateType("cached_ledger", Cache = true)]
public sealed class CachedLedger(Guid id) : Aggregate<LedgerState>(id)
{
    public void Move(decimal amount) => Raise(new Moved(amount, "benchmark", State.Balance + amount));
}

/// <summary>The same without snapshots.</summary>
[AggregateType("unsnapped_ledger", SnapshotEvery = 0)]
public sealed class UnsnappedLedger(Guid id) : Aggregate<LedgerState>(id);

internal static class Movements
{
    /// <summary>The history of one ledger.</summary>
    public static IEnumerable<object> Of(int events) =>
        Enumerable.Range(0, events).Select(object (n) => n == 0 ? new Opened("Ada Lovelace", "EUR") : new Moved(1.25m, "movement " + n, 1.25m * n));

    /// <summary>The balance of such a history at the end, or at a version.</summary>
    public static decimal BalanceOf(int events) => 1.25m * (events - 1);

    /// <summary>The same as it comes from elsewhere; the ids are new each time.</summary>
    public static IEnumerable<ImportedEvent> Import(StreamId stream, IEnumerable<object> history)
    {
        var version = 0;
        var begin = DateTimeOffset.UtcNow.AddDays(-1);
        foreach (var moved in history)
        {
            version++;
            yield return ImportedEvent.Of(stream, version, Guid.CreateVersion7(), begin.AddMilliseconds(version), moved);
        }
    }
}
