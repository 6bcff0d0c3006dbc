using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.EventSourcing;
using Monolith.Hosting;
using Monolith.Users.Contracts;
using Monolith.Users.Domain;
using Wolverine;

namespace Monolith.Users.Features;

internal static class ActivateUserRoute
{
    internal static void MapActivateUser(this RouteGroupBuilder routes) => routes
        .MapPost("/{id:guid}/activate", async (Guid id, IfMatch ifMatch, IMessageBus bus, CancellationToken ct) =>
            Reply.Saved(await bus.InvokeAsync<Saved>(new ActivateUser(id, ifMatch.Version), ct)))
        .WithSummary("Lets the user work again")
        .WithDescription("To activate an active user changes nothing.")
        .Rejects("user_deleted");
}

/// <summary>Handles <see cref="ActivateUser"/>.</summary>
public static class ActivateUserHandler
{
    /// <summary>Decides and stores.</summary>
    public static Task<Saved> Handle(ActivateUser command, AggregateRepository<User> users, CancellationToken ct) =>
        users.Update(command.UserId, user => user.Activate(), command.RequiredVersion, ct);
}
