using Monolith.EventSourcing;

namespace Monolith.Hosting.Tests.Sample;

[EventType("note.written")]
public sealed record NoteWritten(string Title, string Text);

[EventType("note.changed")]
public sealed record NoteChanged(string Text);

public sealed record NoteState(string Title, string Text) : IState<NoteState>, IClaimant
{
    public static NoteState Initial { get; } = new("", "");

    public IEnumerable<Claim> Claims => Title.Length == 0 ? [] : [new("title", Title)];

    public NoteState Apply(object @event) => @event switch
    {
        NoteWritten e => new(e.Title, e.Text),
        NoteChanged e => this with { Text = e.Text },
        _ => throw new UnknownEventException(@event),
    };
}

[AggregateType("note")]
public sealed class Note(Guid id) : Aggregate<NoteState>(id)
{
    public static readonly Rejection Shouting = new("shouting", "A note does not shout.");

    public void Write(string title, string text)
    {
        Require(!text.Contains('!', StringComparison.Ordinal), Shouting);
        Raise(new NoteWritten(title, text));
    }

    public void Change(string text)
    {
        if (text != State.Text)
        {
            Raise(new NoteChanged(text));
        }
    }
}
