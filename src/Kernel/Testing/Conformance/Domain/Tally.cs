using Monolith.EventSourcing;

namespace Monolith.Testing.Conformance;

[EventType("tally.counted")]
public sealed record Counted(long Number);

[EventType("tally.noted")]
public sealed record Noted(string Text);

/// <summary>A state in which the loss, the repetition or the exchange of any event shows.</summary>
public sealed record TallyState(int Events, long Sum, long Digest) : IState<TallyState>
{
    public static TallyState Initial { get; } = new(0, 0, 17);

    public TallyState Apply(object @event) => @event switch
    {
        Counted e => new(Events + 1, Sum + e.Number, unchecked((Digest * 31) + e.Number)),
        Noted e => new(Events + 1, Sum, unchecked((Digest * 37) + e.Text.Length)),
        _ => throw new UnknownEventException(@event),
    };
}

/// <summary>Counts: the plainest aggregate, with snapshots at every 100.</summary>
[AggregateType("tally")]
public sealed class Tally(Guid id) : Aggregate<TallyState>(id)
{
    public void Count(long number) => Raise(new Counted(number));
}
