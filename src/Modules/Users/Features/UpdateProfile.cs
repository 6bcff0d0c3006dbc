using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.EventSourcing;
using Monolith.Hosting;
using Monolith.Users.Domain;
using Wolverine;

namespace Monolith.Users.Features;

/// <summary>Replaces names and avatar as a whole. Safe to repeat.</summary>
/// <param name="UserId">The user.</param>
/// <param name="FirstName">May be empty.</param>
/// <param name="LastName">May be empty.</param>
/// <param name="AvatarUrl">Where the picture is; null for none.</param>
/// <param name="RequiredVersion">The only version of the user to act on; null for whatever is there.</param>
public sealed record UpdateProfile(Guid UserId, string FirstName, string LastName, string? AvatarUrl, long? RequiredVersion);

/// <summary>What makes the command valid.</summary>
public sealed class UpdateProfileValidator : AbstractValidator<UpdateProfile>
{
    private const int MaxUrlLength = 2048;

    /// <summary>The rules.</summary>
    public UpdateProfileValidator()
    {
        RuleFor(command => command.FirstName).PersonName();
        RuleFor(command => command.LastName).PersonName();
        RuleFor(command => command.AvatarUrl)
            .Must(url => url is null || IsWebAddress(url)).WithMessage("An avatar must be an http or https address of at most 2048 characters.");
    }

    private static bool IsWebAddress(string text) => text.Length <= MaxUrlLength
        && !text.Any(character => char.IsControl(character) || char.IsWhiteSpace(character))
        && Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp);
}

internal static class UpdateProfileRoute
{
    internal sealed record Body(string FirstName = "", string LastName = "", string? AvatarUrl = null);

    internal static void MapUpdateProfile(this RouteGroupBuilder routes) => routes
        .MapPut("/{id:guid}/profile", async (Guid id, Body body, IfMatch ifMatch, IMessageBus bus, CancellationToken ct) =>
            Reply.Saved(await bus.InvokeAsync<Saved>(
                new UpdateProfile(id, body.FirstName, body.LastName, body.AvatarUrl, ifMatch.Version), ct)))
        .WithSummary("Replaces names and avatar")
        .WithDescription("What is left out becomes empty.")
        .WithExample(new Body("Augusta Ada", "King", "https://example.com/ada.png"))
        .Rejects("user_inactive", "user_deleted");
}

/// <summary>Handles <see cref="UpdateProfile"/>.</summary>
public static class UpdateProfileHandler
{
    /// <summary>Decides and stores.</summary>
    public static Task<Saved> Handle(UpdateProfile command, AggregateRepository<User> users, CancellationToken ct) =>
        users.Update(
            command.UserId,
            user => user.UpdateProfile(command.FirstName, command.LastName, command.AvatarUrl),
            command.RequiredVersion,
            ct);
}
