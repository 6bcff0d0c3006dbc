using Monolith.EventSourcing;
using Monolith.EventStore.Projections;

namespace Monolith.Hosting.Tests.Sample;

/// <summary>A view that must never lag.</summary>
public sealed record NoteTitle(Guid Id, string Title, string Text, long Version);

public sealed class NoteTitles : DocumentProjection<NoteTitle>
{
    public NoteTitles() : base("notes.note_titles", version: 1)
    {
        Reads<Note>();
        Inline();
    }

    public override NoteTitle? Apply(NoteTitle? view, EventEnvelope envelope) => envelope.Event switch
    {
        NoteWritten e => new(envelope.AggregateId, e.Title, e.Text, envelope.Version),
        NoteChanged e => view! with { Text = e.Text, Version = envelope.Version },
        _ => view,
    };
}
