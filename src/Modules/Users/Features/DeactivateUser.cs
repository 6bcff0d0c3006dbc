using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.EventSourcing;
using Monolith.Hosting;
using Monolith.Users.Contracts;
using Monolith.Users.Domain;
using Wolverine;

namespace Monolith.Users.Features;

internal static class DeactivateUserRoute
{
    internal static void MapDeactivateUser(this RouteGroupBuilder routes) => routes
        .MapPost("/{id:guid}/deactivate", async (Guid id, IfMatch ifMatch, IMessageBus bus, CancellationToken ct) =>
            Reply.Saved(await bus.InvokeAsync<Saved>(new DeactivateUser(id, ifMatch.Version), ct)))
        .WithSummary("Keeps the user from working until activated")
        .WithDescription("To deactivate an inactive user changes nothing.")
        .Rejects("user_deleted");
}

/// <summary>Handles <see cref="DeactivateUser"/>.</summary>
public static class DeactivateUserHandler
{
    /// <summary>Decides and stores.</summary>
    public static Task<Saved> Handle(DeactivateUser command, AggregateRepository<User> users, CancellationToken ct) =>
        users.Update(command.UserId, user => user.Deactivate(), command.RequiredVersion, ct);
}
