using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Routing;
using Monolith.EventSourcing;
using Monolith.Hosting;
using Monolith.Users.Domain;
using Wolverine;

namespace Monolith.Users.Features;

/// <summary>Begins a user's life. Refused with <c>email_taken</c> or <c>username_taken</c> when another user of the tenant has them.</summary>
/// <param name="UserId">The new user's id, so that a repeat makes no second user.</param>
/// <param name="Email">The email address.</param>
/// <param name="Username">The name to sign in with.</param>
/// <param name="Password">The password.</param>
/// <param name="FirstName">May be empty.</param>
/// <param name="LastName">May be empty.</param>
public sealed record CreateUser(Guid UserId, string Email, string Username, Password Password, string FirstName, string LastName);

/// <summary>What makes the command valid.</summary>
public sealed class CreateUserValidator : AbstractValidator<CreateUser>
{
    /// <summary>The rules.</summary>
    public CreateUserValidator()
    {
        RuleFor(command => command.Email).Must(text => EmailAddress.TryParse(text, out _)).WithMessage("The email " + EmailAddress.Rule + ".");
        RuleFor(command => command.Username).Must(text => Username.TryParse(text, out _)).WithMessage("The username " + Username.Rule + ".");
        RuleFor(command => command.Password).NewPassword();
        RuleFor(command => command.FirstName).PersonName();
        RuleFor(command => command.LastName).PersonName();
    }
}

internal static class CreateUserRoute
{
    internal sealed record Body(string Email, string Username, string Password, string FirstName = "", string LastName = "")
    {
        public override string ToString() => $"{nameof(CreateUser)} of {Username}";
    }

    internal static void MapCreateUser(this RouteGroupBuilder routes) => routes
        .MapPost("/", async (Body body, IMessageBus bus, CancellationToken ct) =>
        {
            var command = new CreateUser(
                Guid.CreateVersion7(), body.Email, body.Username, new(body.Password), body.FirstName, body.LastName);
            var saved = await bus.InvokeAsync<Saved>(command, ct);
            return Reply.Created(saved, $"/api/users/{saved.Id}");
        })
        .WithSummary("Creates a user")
        .WithDescription("The user is active at once. Email address and username are unique within the tenant, whatever their case.")
        .WithExample(new Body("ada@example.com", "ada", "correct horse battery", "Ada", "Lovelace"))
        .Rejects("email_taken", "username_taken");
}

/// <summary>Handles <see cref="CreateUser"/>.</summary>
public static class CreateUserHandler
{
    /// <summary>Hashes the password and stores the new user.</summary>
    public static async Task<Saved> Handle(CreateUser command, AggregateRepository<User> users, IPasswordHasher<User> hasher, CancellationToken ct)
    {
        var hash = await hasher.Hash(command.Password, ct);
        var user = new User(command.UserId);
        user.Create(
            EmailAddress.Parse(command.Email), Username.Parse(command.Username), hash, command.FirstName, command.LastName);
        return await users.Save(user, ct);
    }
}
