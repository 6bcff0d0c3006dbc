using FluentValidation;
using Marten;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.EventSourcing;
using Monolith.Hosting;
using Monolith.Users.Domain;
using Monolith.Users.ReadModels;
using Wolverine;

namespace Monolith.Users.Features;

/// <summary>A user as the read model shows them: within moments of the last change.</summary>
/// <param name="UserId">The user.</param>
public sealed record GetUser(Guid UserId);

/// <summary>A user as they were, from the events themselves. Either a version or a time.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Version">The version to show.</param>
/// <param name="At">The moment to show.</param>
public sealed record GetUserAsOf(Guid UserId, long? Version, DateTimeOffset? At);

/// <summary>What makes the query valid.</summary>
public sealed class GetUserAsOfValidator : AbstractValidator<GetUserAsOf>
{
    /// <summary>The rules.</summary>
    public GetUserAsOfValidator()
    {
        RuleFor(query => query.Version).Must(version => version is null or >= 1).WithMessage("A version is 1 or more.");
        RuleFor(query => query.At).Null().When(query => query.Version is not null).WithMessage("Give either a version or a time.");
    }
}

internal static class GetUserRoute
{
    internal static void MapGetUser(this RouteGroupBuilder routes) => routes
        .MapGet("/{id:guid}", async (Guid id, long? version, DateTimeOffset? at, IMessageBus bus, CancellationToken ct) =>
        {
            var user = version is null && at is null
                ? await bus.InvokeAsync<UserDetails?>(new GetUser(id), ct)
                : await bus.InvokeAsync<UserDetails?>(new GetUserAsOf(id, version, at), ct);
            return Reply.View(user, user?.Version);
        })
        .ReadsFrom<UserProfiles>()
        .WithSummary("Shows a user")
        .WithDescription("As they are now, or with `version` or `at` (an ISO 8601 time) as they were. A deleted user is not found.")
        .WithAnswer(UserDetails.Example);
}

/// <summary>Handles <see cref="GetUser"/>.</summary>
public static class GetUserHandler
{
    /// <summary>The user, or null.</summary>
    public static async Task<UserDetails?> Handle(GetUser query, IQuerySession session, CancellationToken ct) =>
        await session.LoadAsync<UserProfile>(query.UserId, ct) is { } profile ? UserDetails.Of(profile) : null;
}

/// <summary>Handles <see cref="GetUserAsOf"/>.</summary>
public static class GetUserAsOfHandler
{
    /// <summary>The user, or null when there was none then, or the user has not reached the version.</summary>
    public static async Task<UserDetails?> Handle(GetUserAsOf query, AggregateRepository<User> users, CancellationToken ct)
    {
        var asOf = query.Version is { } version ? AsOf.Version(version) : AsOf.Time(query.At!.Value);
        return await users.Find(query.UserId, asOf, ct) is { } user && (query.Version ?? user.Version) == user.Version
            ? UserDetails.Of(user)
            : null;
    }
}
