using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.EventSourcing;
using Wolverine;

namespace Monolith.Hosting.Tests.Sample;

public enum Mood
{
    Calm,
    VeryCalm,
}

public sealed record WriteNote(Guid Id, string Title, string Text);

public sealed class WriteNoteValidator : AbstractValidator<WriteNote>
{
    public WriteNoteValidator()
    {
        RuleFor(command => command.Title).NotEmpty().MaximumLength(20);
        RuleFor(command => command.Text).MaximumLength(1_000_000);
    }
}

internal static class WriteNoteRoute
{
    internal sealed record Body(string Title, string Text, Mood Mood = Mood.Calm);

    internal static void MapWriteNote(this RouteGroupBuilder routes) => routes
        .MapPost("/", async (Body body, IMessageBus bus, CancellationToken ct) =>
        {
            var saved = await bus.InvokeAsync<Saved>(new WriteNote(Guid.CreateVersion7(), body.Title, body.Text), ct);
            return Reply.Created(saved, $"/api/notes/{saved.Id}");
        })
        .WithSummary("Writes a note")
        .WithExample(new Body("list", "milk", Mood.VeryCalm))
        .Rejects("title_taken", "shouting");
}

public static class WriteNoteHandler
{
    public static async Task<Saved> Handle(WriteNote command, AggregateRepository<Note> notes, Handled handled, CancellationToken ct)
    {
        var note = new Note(command.Id);
        note.Write(command.Title, command.Text);
        var saved = await notes.Save(note, ct);
        handled.Tell(command.Id);
        return saved;
    }
}
