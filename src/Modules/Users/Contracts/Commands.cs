namespace Monolith.Users.Contracts;

/// <summary>
/// Lets an inactive user work again; an active one stays as they are. Send it with <c>InvokeAsync</c>; safe to repeat. Refused with
/// <c>user_deleted</c> when the user is gone.
/// </summary>
/// <param name="UserId">The user.</param>
/// <param name="RequiredVersion">The only version of the user to act on; null for whatever is there.</param>
public sealed record ActivateUser(Guid UserId, long? RequiredVersion = null);

/// <summary>
/// Keeps a user from working until activated; an inactive one stays as they are. Send it with <c>InvokeAsync</c>; safe to repeat. Refused with
/// <c>user_deleted</c> when the user is gone.
/// </summary>
/// <param name="UserId">The user.</param>
/// <param name="RequiredVersion">The only version of the user to act on; null for whatever is there.</param>
public sealed record DeactivateUser(Guid UserId, long? RequiredVersion = null);
