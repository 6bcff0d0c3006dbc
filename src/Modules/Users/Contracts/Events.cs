using Monolith.Contracts;

namespace Monolith.Users.Contracts.Events;

// A field may be added, nullable or with a default; never renamed, never removed, never given another meaning: a new name is a new event.

/// <summary>A user came to be, active.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Email">The email address, as given.</param>
/// <param name="Username">The name to sign in with, as given.</param>
/// <param name="FirstName">May be empty.</param>
/// <param name="LastName">May be empty.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("users.user_registered")]
public sealed record UserRegistered(Guid UserId, string Email, string Username, string FirstName, string LastName, Origin Origin) : IIntegrationEvent;

/// <summary>The user's email address is another one now.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Email">The new one, as given.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("users.email_changed")]
public sealed record UserEmailChanged(Guid UserId, string Email, Origin Origin) : IIntegrationEvent;

/// <summary>The user's names and avatar are these now.</summary>
/// <param name="UserId">The user.</param>
/// <param name="FirstName">May be empty.</param>
/// <param name="LastName">May be empty.</param>
/// <param name="AvatarUrl">Where the picture is, or null.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("users.profile_changed")]
public sealed record UserProfileChanged(Guid UserId, string FirstName, string LastName, string? AvatarUrl, Origin Origin) : IIntegrationEvent;

/// <summary>The user may work again.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("users.user_activated")]
public sealed record UserActivated(Guid UserId, Origin Origin) : IIntegrationEvent;

/// <summary>The user may not work for now.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("users.user_deactivated")]
public sealed record UserDeactivated(Guid UserId, Origin Origin) : IIntegrationEvent;

/// <summary>The user is gone for good: whoever keeps a copy of their data removes it.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("users.user_deleted")]
public sealed record UserDeleted(Guid UserId, Origin Origin) : IIntegrationEvent;
