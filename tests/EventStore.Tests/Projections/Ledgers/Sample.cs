using Monolith.EventSourcing;
using Monolith.EventStore.Projections;

namespace Monolith.EventStore.Tests.Projections.Ledgers;

[EventType("meter.read")]
public sealed record MeterRead(int Value);

public sealed record MeterState(int Last) : IState<MeterState>
{
    public static MeterState Initial { get; } = new(0);

    public MeterState Apply(object @event) => @event is MeterRead e ? new(e.Value) : throw new UnknownEventException(@event);
}

[AggregateType("meter")]
public sealed class Meter(Guid id) : Aggregate<MeterState>(id);

/// <summary>One view an aggregate. Remembers the versions it saw, so that a repeated, lost or misplaced event shows.</summary>
public sealed record LedgerView(Guid Id, decimal Sum, long Version, bool InOrder, string? Name);

public sealed class LedgerViews : DocumentProjection<LedgerView>
{
    public LedgerViews(int version = 1) : base("tests.ledgers", version) => Reads<Ledger>();

    /// <summary>Fails on an event for as long as it says so.</summary>
    public Func<EventEnvelope, bool> Fails { get; set; } = _ => false;

    /// <summary>How often each stored event was seen.</summary>
    public Func<EventEnvelope, string?>? Naming { get; init; }

    public override LedgerView? Apply(LedgerView? view, EventEnvelope envelope)
    {
        if (Fails(envelope))
        {
            throw new InvalidOperationException("This event is poison.");
        }

        view ??= new(envelope.AggregateId, 0m, 0, true, null);
        view = view with { Version = envelope.Version, InOrder = view.InOrder && envelope.Version == view.Version + 1 };
        return envelope.Event switch
        {
            Entered { Note: "remove" } => null,
            Entered e => view with { Sum = view.Sum + e.Amount },
            Named e => view with { Name = e.Name },
            _ => view,
        };
    }
}

/// <summary>Many aggregates to one view, one event to many views: how often each word of a note was used in the tenant.</summary>
public sealed record WordView(string Id, int Uses);

public sealed class WordViews : DocumentProjection<WordView, string>
{
    public WordViews() : base("tests.words", 1)
    {
        Reads<Ledger>();
        Only<Entered>();
    }

    public override IEnumerable<string> Keys(EventEnvelope envelope) => ((Entered)envelope.Event).Note.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    public override WordView? Apply(WordView? view, EventEnvelope envelope) => throw new InvalidOperationException("The key is needed.");

    public override WordView? Apply(string key, WordView? view, EventEnvelope envelope) => new(key, (view?.Uses ?? 0) + 1);
}

/// <summary>Reads two aggregate types.</summary>
public sealed record CountView(Guid Id, int Events);

public sealed class CountViews : DocumentProjection<CountView>
{
    public CountViews() : base("tests.counts", 1)
    {
        Reads<Ledger>();
        Reads<Meter>();
    }

    public override CountView? Apply(CountView? view, EventEnvelope envelope) => new(envelope.AggregateId, (view?.Events ?? 0) + 1);
}

public sealed class EntryTable : TableProjection
{
    public EntryTable() : base("tests.entries", 1, "tests") => Reads<Ledger>();

    public override string Definition =>
        """
        create table if not exists entries (
          tenant_id text not null,
          position bigint not null,
          ledger_id uuid not null,
          amount numeric not null constraint entries_amount_check check (amount < 1000),
          constraint entries_pkey primary key (position)
        )
        """;

    public override IReadOnlyList<string> Tables => ["entries"];

    public string Owner { get; init; } = "tenant_id";

    public override string? TenantColumn => Owner;

    public override void Apply(EventEnvelope envelope, TableStatements statements)
    {
        if (envelope.Event is Entered e)
        {
            statements.Add(
                "insert into entries (tenant_id, position, ledger_id, amount) values ($1, $2, $3, $4)",
                envelope.TenantId, envelope.Position, envelope.AggregateId, e.Amount);
        }
    }
}

public sealed class Recorder(string name = "tests.recorder") : Subscription(name)
{
    private readonly List<EventEnvelope> seen = [];

    public StartFrom From { get; init; } = StartFrom.Beginning;

    public Func<EventEnvelope, Task> OnEvent { get; set; } = _ => Task.CompletedTask;

    public override StartFrom Start => From;

    public IReadOnlyList<EventEnvelope> Seen
    {
        get
        {
            lock (seen)
            {
                return [.. seen];
            }
        }
    }

    public Recorder Of<TAggregate>() where TAggregate : Aggregate
    {
        Reads<TAggregate>();
        return this;
    }

    public override async Task Handle(EventEnvelope envelope, CancellationToken ct)
    {
        await OnEvent(envelope);
        lock (seen)
        {
            seen.Add(envelope);
        }
    }
}
