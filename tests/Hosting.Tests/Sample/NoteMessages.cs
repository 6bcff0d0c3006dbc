using Monolith.Contracts;

namespace Monolith.Hosting.Tests.Sample;

[IntegrationEvent("notes.note_told")]
public sealed record NoteTold(Guid NoteId, string Title, string Text, Origin Origin) : IIntegrationEvent;

[IntegrationEvent("notes.text_told")]
public sealed record TextTold(Guid NoteId, string Text, Origin Origin) : IIntegrationEvent;

public sealed class NotePublisher : Publisher
{
    public const string Id = "notes.publisher";

    public NotePublisher() : base(Id)
    {
        Reads<Note>();
        On((NoteWritten e, Origin origin) => new NoteTold(origin.AggregateId, e.Title, e.Text, origin));
        On((NoteChanged e, Origin origin) => e.Text == "secret" ? null : new TextTold(origin.AggregateId, e.Text, origin));
    }
}
