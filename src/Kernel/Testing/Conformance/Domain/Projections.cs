using Monolith.EventSourcing;
using Monolith.EventStore.Projections;

namespace Monolith.Testing.Conformance;

/// <summary>One view an aggregate. Remembers the versions it saw, so that a repeated, lost or misplaced event shows.</summary>
public sealed record TallyView(Guid Id, long Sum, long Version, bool InOrder, string? Note);

public sealed class TallyViews : DocumentProjection<TallyView>
{
    public TallyViews(int version = 1, bool isInline = false) : base("tests.tallies", version)
    {
        Reads<Tally>();
        if (isInline)
        {
            Inline();
        }
    }

    /// <summary>Fails on an event for as long as it says so.</summary>
    public Func<EventEnvelope, bool> Fails { get; set; } = _ => false;

    public override TallyView? Apply(TallyView? view, EventEnvelope envelope)
    {
        if (Fails(envelope))
        {
            throw new InvalidOperationException("This event is poison.");
        }

        view ??= new(envelope.AggregateId, 0, 0, true, null);
        view = view with { Version = envelope.Version, InOrder = view.InOrder && envelope.Version == view.Version + 1 };
        return envelope.Event switch
        {
            Noted { Text: "remove" } => null,
            Noted e => view with { Note = e.Text },
            Counted e => view with { Sum = view.Sum + e.Number },
            _ => view,
        };
    }
}

/// <summary>Many aggregates to one view, one event to many views: how often each word of a note was used in the tenant.</summary>
public sealed record WordView(string Id, int Uses);

public sealed class WordViews : DocumentProjection<WordView, string>
{
    public WordViews(bool isInline = false) : base("tests.words", 1)
    {
        Reads<Tally>();
        Only<Noted>();
        if (isInline)
        {
            Inline();
        }
    }

    public override IEnumerable<string> Keys(EventEnvelope envelope) => ((Noted)envelope.Event).Text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    public override WordView? Apply(WordView? view, EventEnvelope envelope) => throw new InvalidOperationException("The key is needed.");

    public override WordView? Apply(string key, WordView? view, EventEnvelope envelope) => new(key, (view?.Uses ?? 0) + 1);
}

/// <summary>Reads two aggregate types.</summary>
public sealed record EventCountView(Guid Id, int Events);

public sealed class EventCountViews : DocumentProjection<EventCountView>
{
    public EventCountViews() : base("tests.event_counts", 1)
    {
        Reads<Tally>();
        Reads<Order>();
    }

    public override EventCountView? Apply(EventCountView? view, EventEnvelope envelope) => new(envelope.AggregateId, (view?.Events ?? 0) + 1);
}

/// <summary>A row for every number that was counted; none may reach a thousand.</summary>
public sealed class NumberTable : TableProjection
{
    public NumberTable() : base("tests.numbers", 1, "tests") => Reads<Tally>();

    public override string Definition =>
        """
        create table if not exists numbers (
          tenant_id text not null,
          position bigint not null,
          tally_id uuid not null,
          number bigint not null constraint numbers_number_check check (number < 1000),
          constraint numbers_pkey primary key (position)
        )
        """;

    public override IReadOnlyList<string> Tables => ["numbers"];

    public string? Owner { get; init; } = "tenant_id";

    public override string? TenantColumn => Owner;

    public override string AggregateColumn => "tally_id";

    public override void Apply(EventEnvelope envelope, TableStatements statements)
    {
        if (envelope.Event is Counted e)
        {
            statements.Add(
                "insert into numbers (tenant_id, position, tally_id, number) values ($1, $2, $3, $4)",
                envelope.TenantId, envelope.Position, envelope.AggregateId, e.Number);
        }
    }
}

/// <summary>Keeps what it is given.</summary>
public sealed class Recorder(string name = "tests.recorder") : Subscription(name)
{
    private readonly List<EventEnvelope> seen = [];

    public StartFrom From { get; init; } = StartFrom.Beginning;

    public Func<EventEnvelope, CancellationToken, Task> OnEvent { get; set; } = (_, _) => Task.CompletedTask;

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

    /// <summary>The numbers that were counted, in the order in which they came.</summary>
    public IReadOnlyList<long> Numbers => [.. Seen.Select(envelope => envelope.Event).OfType<Counted>().Select(counted => counted.Number)];

    public Recorder Of<TAggregate>() where TAggregate : Aggregate
    {
        Reads<TAggregate>();
        return this;
    }

    public override async Task Handle(EventEnvelope envelope, CancellationToken ct)
    {
        await OnEvent(envelope, ct);
        lock (seen)
        {
            seen.Add(envelope);
        }
    }
}
