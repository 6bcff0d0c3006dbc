using System.ComponentModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Wolverine;

namespace Monolith.Hosting.Tests.Sample;

/// <summary>A view that follows the events, and whose reads are cached.</summary>
[ImmutableObject(true)]
public sealed record NoteText(Guid Id, string Text, long Version);

public sealed class NoteTexts : DocumentProjection<NoteText>
{
    public NoteTexts() : base("notes.note_texts", version: 1) => Reads<Note>();

    public override NoteText? Apply(NoteText? view, EventEnvelope envelope) => envelope.Event switch
    {
        NoteWritten e => new(envelope.AggregateId, e.Text, envelope.Version),
        NoteChanged e => view! with { Text = e.Text, Version = envelope.Version },
        _ => view,
    };
}

public sealed record ReadNote(Guid Id);

internal static class ReadNoteRoute
{
    internal static void MapReadNote(this RouteGroupBuilder routes) => routes
        .MapGet("/{id:guid}/text", async (Guid id, IMessageBus bus, CancellationToken ct) =>
        {
            var note = await bus.InvokeAsync<NoteText?>(new ReadNote(id), ct);
            return Reply.View(note, note?.Version);
        })
        .ReadsFrom<NoteTexts>();
}

public static class ReadNoteHandler
{
    public static async Task<NoteText?> Handle(ReadNote query, ReadModelCache cache, CancellationToken ct) =>
        await cache.Get<NoteTexts, NoteText?>($"{query.Id}", (session, ct) => session.LoadAsync<NoteText>(query.Id, ct), ct);
}
