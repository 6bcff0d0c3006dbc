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

/// <summary>Gives a user another password. Refused with <c>wrong_password</c> unless the current one is given.</summary>
/// <param name="UserId">The user.</param>
/// <param name="CurrentPassword">The password until now.</param>
/// <param name="NewPassword">The password from now on.</param>
/// <param name="RequiredVersion">The only version of the user to act on; null for whatever is there.</param>
public sealed record ChangePassword(Guid UserId, Password CurrentPassword, Password NewPassword, long? RequiredVersion);

/// <summary>What makes the command valid.</summary>
public sealed class ChangePasswordValidator : AbstractValidator<ChangePassword>
{
    /// <summary>The rules. The current password is only bounded: it was made under the rules of its day.</summary>
    public ChangePasswordValidator()
    {
        RuleFor(command => command.CurrentPassword)
            .Must(password => password.Length is > 0 and <= Password.MaxLength).WithMessage("The current password must be given.");
        RuleFor(command => command.NewPassword).NewPassword();
    }
}

internal static class ChangePasswordRoute
{
    internal sealed record Body(string CurrentPassword, string NewPassword)
    {
        public override string ToString() => nameof(ChangePassword);
    }

    internal static void MapChangePassword(this RouteGroupBuilder routes) => routes
        .MapPut("/{id:guid}/password", async (Guid id, Body body, IfMatch ifMatch, IMessageBus bus, CancellationToken ct) =>
            Reply.Saved(await bus.InvokeAsync<Saved>(
                new ChangePassword(id, new(body.CurrentPassword), new(body.NewPassword), ifMatch.Version), ct)))
        .WithSummary("Changes the password")
        .WithExample(new Body("correct horse battery", "staple correct horse"))
        .Rejects("wrong_password", "user_inactive", "user_deleted");
}

/// <summary>Handles <see cref="ChangePassword"/>.</summary>
public static class ChangePasswordHandler
{
    /// <summary>Checks the current password, hashes the new one, and stores the hash.</summary>
    public static async Task<Saved> Handle(ChangePassword command, AggregateRepository<User> users, IPasswordHasher<User> hasher, CancellationToken ct)
    {
        var next = await hasher.Hash(command.NewPassword, ct);
        return await users.Update(
            command.UserId,
            user => user.ChangePassword(current => hasher.Matches(current, command.CurrentPassword), next),
            command.RequiredVersion,
            ct);
    }
}
