using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.EventSourcing;
using Monolith.Hosting;
using Monolith.Users.Domain;
using Wolverine;

namespace Monolith.Users.Features;

/// <summary>Ends a user's life: email address and username are free again, the history stays.</summary>
/// <param name="UserId">The user.</param>
/// <param name="RequiredVersion">The only version of the user to act on; null for whatever is there.</param>
public sealed record DeleteUser(Guid UserId, long? RequiredVersion);

internal static class DeleteUserRoute
{
    internal static void MapDeleteUser(this RouteGroupBuilder routes) => routes
        .MapDelete("/{id:guid}", async (Guid id, IfMatch ifMatch, IMessageBus bus, CancellationToken ct) =>
            Reply.Deleted(await bus.InvokeAsync<Saved>(new DeleteUser(id, ifMatch.Version), ct)))
        .WithSummary("Deletes a user")
        .WithDescription("Nobody finds the user any more, and email address and username are free again. The history stays.")
        .Rejects("user_deleted");
}

/// <summary>Handles <see cref="DeleteUser"/>.</summary>
public static class DeleteUserHandler
{
    /// <summary>Decides and stores.</summary>
    public static Task<Saved> Handle(DeleteUser command, AggregateRepository<User> users, CancellationToken ct) =>
        users.Update(command.UserId, user => user.Delete(), command.RequiredVersion, ct);
}
