using Monolith.Users.Domain;

namespace Monolith.Users.ReadModels;

/// <summary>A user as callers see them, now or at an earlier moment.</summary>
/// <param name="Id">The user.</param>
/// <param name="Version">The version that this shows.</param>
/// <param name="Email">The email address.</param>
/// <param name="Username">The name to sign in with.</param>
/// <param name="FirstName">May be empty.</param>
/// <param name="LastName">May be empty.</param>
/// <param name="AvatarUrl">Where the picture is, or null.</param>
/// <param name="IsActive">Whether the user may work.</param>
public sealed record UserDetails(
    Guid Id, long Version, string Email, string Username, string FirstName, string LastName, string? AvatarUrl, bool IsActive)
{
    internal static UserDetails Example { get; } = new(
        Guid.Parse("01a20982-6984-7c76-8585-bd30e8f75b0a"), 2, "ada@lovelace.org", "ada", "Ada", "Lovelace", AvatarUrl: null, IsActive: true);

    internal static UserDetails Of(UserProfile profile) => new(
        profile.Id, profile.Version, profile.Email, profile.Username, profile.FirstName, profile.LastName, profile.AvatarUrl, profile.IsActive);

    /// <summary>Null for a user that is deleted.</summary>
    internal static UserDetails? Of(User user) => user.State.Status is UserStatus.Active or UserStatus.Inactive
        ? new(
            user.Id, user.Version, user.State.Email, user.State.Username, user.State.FirstName, user.State.LastName, user.State.AvatarUrl,
            user.State.Status == UserStatus.Active)
        : null;
}
