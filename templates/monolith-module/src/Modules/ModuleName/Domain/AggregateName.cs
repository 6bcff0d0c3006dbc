using Monolith.EventSourcing;

namespace Monolith.ModuleName.Domain;

// Stored for ever: a field may be added with a default, never renamed and never removed. See docs/events.md.

/// <summary>It came to be.</summary>
[EventType("aggregate_name.created")]
public sealed record AggregateNameCreated(string Title);

/// <summary>It is called something else now.</summary>
[EventType("aggregate_name.renamed")]
public sealed record AggregateNameRenamed(string Title);

/// <summary>What it remembers of its events: enough to decide, no more.</summary>
/// <param name="Exists">Whether it was created.</param>
/// <param name="Title">What it is called.</param>
public sealed record AggregateNameState(bool Exists, string Title) : IState<AggregateNameState>
{
    /// <inheritdoc/>
    public static AggregateNameState Initial { get; } = new(Exists: false, "");

    /// <inheritdoc/>
    public AggregateNameState Apply(object @event) => @event switch
    {
        AggregateNameCreated e => new(Exists: true, e.Title),
        AggregateNameRenamed e => this with { Title = e.Title },
        _ => throw new UnknownEventException(@event),
    };
}

/// <summary>Decides, and raises what happened.</summary>
/// <param name="id">Its id, chosen by whoever creates it.</param>
[AggregateType("aggregate_name")]
public sealed class AggregateName(Guid id) : Aggregate<AggregateNameState>(id)
{
    /// <summary>Creates it.</summary>
    public void Create(string title)
    {
        Require(!State.Exists, Refusals.AlreadyCreated);
        Raise(new AggregateNameCreated(title));
    }

    /// <summary>Calls it something else. The same title again changes nothing.</summary>
    public void Rename(string title)
    {
        Require(State.Exists, Refusals.NotCreated);
        if (title != State.Title)
        {
            Raise(new AggregateNameRenamed(title));
        }
    }

    private static class Refusals
    {
        public static readonly Rejection AlreadyCreated = new("aggregate_name_exists", "There is one of this id already.");
        public static readonly Rejection NotCreated = new("aggregate_name_not_created", "It was never created.");
    }
}
