using Marten;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Wolverine;

namespace Monolith.Hosting.Tests.Sample;

/// <summary>A document that a handler writes by itself, to see for which tenant sessions are opened.</summary>
public sealed record Pin(Guid Id, string Text, long Version);

public sealed record SetPin(Guid Id, string Text);

public sealed record FindPin(Guid Id);

internal static class PinRoutes
{
    internal static void MapPins(this RouteGroupBuilder routes)
    {
        routes.MapPut("/pins/{id:guid}", async (Guid id, string text, IMessageBus bus, CancellationToken ct) =>
        {
            await bus.InvokeAsync(new SetPin(id, text), ct);
            return TypedResults.NoContent();
        });
        routes.MapGet("/pins/{id:guid}", async (Guid id, IMessageBus bus, CancellationToken ct) =>
        {
            var pin = await bus.InvokeAsync<Pin?>(new FindPin(id), ct);
            return Reply.View(pin, pin?.Version);
        });
        routes.MapGet("/pins/{id:guid}/direct", async (Guid id, IQuerySession session, CancellationToken ct) =>
            Reply.View(await session.LoadAsync<Pin>(id, ct)));
    }
}

public static class SetPinHandler
{
    public static Task Handle(SetPin command, IDocumentSession session, CancellationToken ct)
    {
        session.Store(new Pin(command.Id, command.Text, Version: 7));
        return session.SaveChangesAsync(ct);
    }
}

public static class FindPinHandler
{
    public static Task<Pin?> Handle(FindPin query, IQuerySession session, CancellationToken ct) => session.LoadAsync<Pin>(query.Id, ct);
}
