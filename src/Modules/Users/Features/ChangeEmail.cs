using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.EventSourcing;
using Monolith.Hosting;
using Monolith.Users.Domain;
using Wolverine;

namespace Monolith.Users.Features;

/// <summary>Gives a user another email address. Safe to repeat.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Email">The new address.</param>
/// <param name="RequiredVersion">The only version of the user to act on; null for whatever is there.</param>
public sealed record ChangeEmail(Guid UserId, string Email, long? RequiredVersion);

/// <summary>What makes the command valid.</summary>
public sealed class ChangeEmailValidator : AbstractValidator<ChangeEmail>
{
    /// <summary>The rules.</summary>
    public ChangeEmailValidator() => RuleFor(command => command.Email)
        .Must(text => EmailAddress.TryParse(text, out _)).WithMessage("The email " + EmailAddress.Rule + ".");
}

internal static class ChangeEmailRoute
{
    internal sealed record Body(string Email);

    internal static void MapChangeEmail(this RouteGroupBuilder routes) => routes
        .MapPut("/{id:guid}/email", async (Guid id, Body body, IfMatch ifMatch, IMessageBus bus, CancellationToken ct) =>
            Reply.Saved(await bus.InvokeAsync<Saved>(new ChangeEmail(id, body.Email, ifMatch.Version), ct)))
        .WithSummary("Changes the email address")
        .WithExample(new Body("ada@lovelace.org"))
        .Rejects("email_taken", "user_inactive", "user_deleted");
}

/// <summary>Handles <see cref="ChangeEmail"/>.</summary>
public static class ChangeEmailHandler
{
    /// <summary>Decides and stores.</summary>
    public static Task<Saved> Handle(ChangeEmail command, AggregateRepository<User> users, CancellationToken ct) =>
        users.Update(command.UserId, user => user.ChangeEmail(EmailAddress.Parse(command.Email)), command.RequiredVersion, ct);
}
