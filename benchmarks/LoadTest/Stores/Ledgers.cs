using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.EventStore.Projections;

namespace Monolith.LoadTest.Stores;

[EventType("ledger.moved")]
public sealed record Moved(decimal Amount, string Reference, decimal Balance);

public sealed record LedgerState(decimal Balance) : IState<LedgerState>
{
    public static LedgerState Initial { get; } = new(0m);

    public LedgerState Apply(object @event) => @event is Moved e ? this with { Balance = e.Balance } : throw new UnknownEventException(@event);
}

[AggregateType(Ledger.TypeName)]
public sealed class Ledger(Guid id) : Aggregate<LedgerState>(id)
{
    public const string TypeName = "ledger";
}

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

    public static DomainModel Model { get; } = new DomainModelBuilder().AddEvent(typeof(Moved)).AddAggregate(typeof(Ledger)).Build();

    public static string TenantId(int tenant) => "tenant-" + tenant;

    public static Moved Movement(long number) => new(1.25m, "movement " + number, 1.25m * number);

    /// <summary>Ledgers that are new, spread over the tenants.</summary>
    public static StreamId[] NewStreams(int streams, int tenants) =>
        [.. Enumerable.Range(0, streams).Select(stream => new StreamId(TenantId(stream % tenants), Ledger.TypeName, Guid.CreateVersion7()))];

    /// <summary>One event, whatever there is in the stream.</summary>
    public static AppendRequest Append(StreamId stream, long number) => new(stream, ExpectedVersion.Any, [NewEvent.Of(Movement(number))]);

    /// <summary>The streams as if all were written at the same time: each has its first event before any has its second. Holds no history in memory.</summary>
    public static IEnumerable<ImportedEvent> Interleaved(IReadOnlyCollection<StreamId> streams)
    {
        var begin = DateTimeOffset.UtcNow.AddDays(-1);
        for (var version = 1; version <= EventsPerStream; version++)
        {
            foreach (var stream in streams)
            {
                yield return ImportedEvent.Of(stream, version, Guid.CreateVersion7(), begin.AddSeconds(version), Movement(version));
            }
        }
    }
}
