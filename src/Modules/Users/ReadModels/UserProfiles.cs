using System.Diagnostics.CodeAnalysis;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Monolith.Users.Domain;

namespace Monolith.Users.ReadModels;

/// <summary>A user that is not deleted, as documents keep them: what is shown, and keys to find them by.</summary>
/// <param name="Id">The user.</param>
/// <param name="Version">The version of the user that this shows.</param>
/// <param name="Email">The email address, as given.</param>
/// <param name="Username">The name to sign in with, as given.</param>
/// <param name="FirstName">May be empty.</param>
/// <param name="LastName">May be empty.</param>
/// <param name="AvatarUrl">Where the picture is, or null.</param>
/// <param name="IsActive">Whether the user may work.</param>
public sealed record UserProfile(
    Guid Id, long Version, string Email, string Username, string FirstName, string LastName, string? AvatarUrl, bool IsActive)
{
    /// <summary>The email address in the form in which it is unique.</summary>
    public string EmailKey => EmailAddress.Canonical(Email);

    /// <summary>The username in the form in which it is unique.</summary>
    public string UsernameKey => Domain.Username.Canonical(Username);

    /// <summary>Everything that a search looks at, in lower case.</summary>
    [SuppressMessage("Globalization", "CA1308", Justification = "Compared with search terms in lower case.")]
    public string SearchText => $"{Username} {Email} {FirstName} {LastName}".ToLowerInvariant();
}

/// <summary>Keeps one <see cref="UserProfile"/> for each user that is not deleted.</summary>
public sealed class UserProfiles : DocumentProjection<UserProfile>
{
    /// <summary>The projection <c>users.user_profiles</c>.</summary>
    public UserProfiles() : base("users.user_profiles", version: 1) => Reads<User>();

    /// <inheritdoc/>
    public override UserProfile? Apply(UserProfile? view, EventEnvelope envelope)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        return Fold(view, envelope) is { } next ? next with { Version = envelope.Version } : null;
    }

    private static UserProfile? Fold(UserProfile? view, EventEnvelope envelope) => envelope.Event switch
    {
        UserCreated e => new(envelope.AggregateId, envelope.Version, e.Email, e.Username, e.FirstName, e.LastName, AvatarUrl: null, IsActive: true),
        EmailChanged e => view! with { Email = e.Email },
        ProfileUpdated e => view! with { FirstName = e.FirstName, LastName = e.LastName, AvatarUrl = e.AvatarUrl },
        UserActivated => view! with { IsActive = true },
        UserDeactivated => view! with { IsActive = false },
        UserDeleted => null,
        _ => view,
    };
}
