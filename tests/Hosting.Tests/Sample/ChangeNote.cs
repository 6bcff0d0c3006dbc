using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Monolith.EventSourcing;
using Wolverine;

namespace Monolith.Hosting.Tests.Sample;

public sealed record ChangeNote(Guid Id, string Text, long? RequiredVersion);

internal static class ChangeNoteRoute
{
    internal sealed record Body(string Text);

    internal static void MapChangeNote(this RouteGroupBuilder routes) => routes
        .MapPut("/{id:guid}/text", async (Guid id, Body body, IfMatch ifMatch, IMessageBus bus, CancellationToken ct) =>
            Reply.Saved(await bus.InvokeAsync<Saved>(new ChangeNote(id, body.Text, ifMatch.Version), ct)))
        .WithExample(new Body("milk and bread"));
}

public static class ChangeNoteHandler
{
    public static Task<Saved> Handle(ChangeNote command, AggregateRepository<Note> notes, CancellationToken ct) =>
        notes.Update(command.Id, note => note.Change(command.Text), command.RequiredVersion, ct);
}
