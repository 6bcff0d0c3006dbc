using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.EventStore.Projections;

namespace Monolith.LoadTest;

[EventType("ledger.moved")]
public sealed record Moved(decimal Amount, string Reference, decimal Balance);

public sealed record LedgerState(decimal Balance) : IState<LedgerState>
{
    public static LedgerState Initial { get; } = new(0m);

    public LedgerState Apply(object @event) => @event is Moved e ? this with { Balance = e.Balance } : throw new UnknownEventException(@event);
}

[AggregateType("ledger")]
public sealed class Ledger(Guid id) : Aggregate<LedgerState>(id);

/// <summary>One row for each ledger. It says by which version of the projection it was made, so that a mixture would show.</summary>
public sealed record LedgerView(Guid Id, int Generation, long Movements, decimal Balance);

public sealed class LedgerViews : DocumentProjection<LedgerView>
{
    public const string ProjectionName = "loadtest.ledgers";

    public LedgerViews(int version) : base(ProjectionName, version) => Reads<Ledger>();

    public override LedgerView? Apply(LedgerView? view, EventEnvelope envelope) => envelope.Event switch
    {
        Moved e => new(envelope.AggregateId, Version, (view?.Movements ?? 0) + 1, e.Balance),
        _ => view,
    };
}

internal static class Histories
{
    public const int EventsPerStream = 50;

    private const int Tenants = 8;

    public static DomainModel Model { get; } = new DomainModelBuilder().AddEvent(typeof(Moved)).AddAggregate(typeof(Ledger)).Build();

    public static IEnumerable<string> TenantIds => Enumerable.Range(0, Tenants).Select(TenantOf);

    public static string TenantOf(int stream) => "tenant-" + (stream % Tenants);

    public static Moved Movement(long number) => new(1.25m, "movement " + number, 1.25m * number);

    /// <summary>So many streams, as if all were written at the same time: each has its first event before any has its second. Holds no history in memory.</summary>
    public static IEnumerable<ImportedEvent> Interleaved(int streams)
    {
        var ids = Enumerable.Range(0, streams).Select(_ => Guid.CreateVersion7()).ToArray();
        var begin = DateTimeOffset.UtcNow.AddDays(-1);
        for (var version = 1; version <= EventsPerStream; version++)
        {
            for (var stream = 0; stream < streams; stream++)
            {
                yield return ImportedEvent.Of(
                    new(TenantOf(stream), "ledger", ids[stream]), version, Guid.CreateVersion7(), begin.AddSeconds(version), Movement(version));
            }
        }
    }
}
