using Monolith.EventSourcing;

namespace Monolith.Users.Domain;

// Stored for ever: a field may be added with a default, never renamed and never removed.

/// <summary>A user came to be, active.</summary>
[EventType("user.created")]
public sealed record UserCreated(string Email, string Username, PasswordHash PasswordHash, string FirstName, string LastName);

/// <summary>The email address is another one now.</summary>
[EventType("user.email_changed")]
public sealed record EmailChanged(string Email);

/// <summary>The password is another one now.</summary>
[EventType("user.password_changed")]
public sealed record PasswordChanged(PasswordHash PasswordHash);

/// <summary>Names and avatar are these now.</summary>
[EventType("user.profile_updated")]
public sealed record ProfileUpdated(string FirstName, string LastName, string? AvatarUrl);

/// <summary>The user may work again.</summary>
[EventType("user.activated")]
public sealed record UserActivated;

/// <summary>The user may not work for now.</summary>
[EventType("user.deactivated")]
public sealed record UserDeactivated;

/// <summary>The user is gone: email and username are free again, and nothing follows.</summary>
[EventType("user.deleted")]
public sealed record UserDeleted;

/// <summary>What a user remembers of their events.</summary>
/// <param name="Status">Where the user is in their life.</param>
/// <param name="Email">The email address, as given.</param>
/// <param name="Username">The name to sign in with, as given.</param>
/// <param name="PasswordHash">What is kept of the password; none once deleted.</param>
/// <param name="FirstName">May be empty.</param>
/// <param name="LastName">May be empty.</param>
/// <param name="AvatarUrl">Where the picture is, or null.</param>
public sealed record UserState(
    UserStatus Status, string Email, string Username, PasswordHash PasswordHash, string FirstName, string LastName, string? AvatarUrl)
    : IState<UserState>, IClaimant
{
    /// <inheritdoc/>
    public static UserState Initial { get; } = new(UserStatus.None, "", "", PasswordHash.None, "", "", AvatarUrl: null);

    /// <summary>Email and username, each unique among the users of a tenant that are not deleted.</summary>
    public IEnumerable<Claim> Claims => Status is UserStatus.Active or UserStatus.Inactive
        ? [new("email", EmailAddress.Canonical(Email)), new("username", Domain.Username.Canonical(Username))]
        : [];

    /// <inheritdoc/>
    public UserState Apply(object @event) => @event switch
    {
        UserCreated e => new(UserStatus.Active, e.Email, e.Username, e.PasswordHash, e.FirstName, e.LastName, AvatarUrl: null),
        EmailChanged e => this with { Email = e.Email },
        PasswordChanged e => this with { PasswordHash = e.PasswordHash },
        ProfileUpdated e => this with { FirstName = e.FirstName, LastName = e.LastName, AvatarUrl = e.AvatarUrl },
        UserActivated => this with { Status = UserStatus.Active },
        UserDeactivated => this with { Status = UserStatus.Inactive },
        UserDeleted => this with { Status = UserStatus.Deleted, PasswordHash = PasswordHash.None },
        _ => throw new UnknownEventException(@event),
    };
}

/// <summary>Where a user is in their life.</summary>
public enum UserStatus
{
    /// <summary>Not created yet.</summary>
    None,

    /// <summary>May work.</summary>
    Active,

    /// <summary>May not work until activated.</summary>
    Inactive,

    /// <summary>Gone for good.</summary>
    Deleted,
}

/// <summary>Someone who signs in. An inactive user keeps email and username but cannot be changed; a deleted one gives them back.</summary>
/// <param name="id">The user's id, chosen by whoever creates the user.</param>
[AggregateType("user")]
public sealed class User(Guid id) : Aggregate<UserState>(id)
{
    /// <summary>Begins the user's life, active.</summary>
    public void Create(EmailAddress email, Username username, PasswordHash passwordHash, string firstName, string lastName)
    {
        Require(State.Status == UserStatus.None, Refusals.AlreadyCreated);
        Raise(new UserCreated(email.Value, username.Value, passwordHash, firstName.Trim(), lastName.Trim()));
    }

    /// <summary>Takes another email address. The same again changes nothing.</summary>
    public void ChangeEmail(EmailAddress email)
    {
        RequireActive();
        if (email.Value != State.Email)
        {
            Raise(new EmailChanged(email.Value));
        }
    }

    /// <summary>Takes another password.</summary>
    /// <param name="isCurrent">Whether the hash is that of the password which the caller gave as the current one.</param>
    /// <param name="next">The hash of the new password.</param>
    public void ChangePassword(Func<PasswordHash, bool> isCurrent, PasswordHash next)
    {
        RequireActive();
        Require(isCurrent(State.PasswordHash), Refusals.WrongPassword);
        Raise(new PasswordChanged(next));
    }

    /// <summary>Takes other names and another avatar. The same again changes nothing.</summary>
    public void UpdateProfile(string firstName, string lastName, string? avatarUrl)
    {
        RequireActive();
        var next = new ProfileUpdated(firstName.Trim(), lastName.Trim(), avatarUrl);
        if (next != new ProfileUpdated(State.FirstName, State.LastName, State.AvatarUrl))
        {
            Raise(next);
        }
    }

    /// <summary>Lets the user work again. To activate an active user changes nothing.</summary>
    public void Activate()
    {
        RequireAlive();
        if (State.Status == UserStatus.Inactive)
        {
            Raise(new UserActivated());
        }
    }

    /// <summary>Keeps the user from working until activated. To deactivate an inactive user changes nothing.</summary>
    public void Deactivate()
    {
        RequireAlive();
        if (State.Status == UserStatus.Active)
        {
            Raise(new UserDeactivated());
        }
    }

    /// <summary>Ends the user's life. The history stays.</summary>
    public void Delete()
    {
        RequireAlive();
        Raise(new UserDeleted());
    }

    private void RequireActive()
    {
        RequireAlive();
        Require(State.Status != UserStatus.Inactive, Refusals.Inactive);
    }

    private void RequireAlive()
    {
        Require(State.Status != UserStatus.None, Refusals.NotCreated);
        Require(State.Status != UserStatus.Deleted, Refusals.Deleted);
    }

    private static class Refusals
    {
        public static readonly Rejection AlreadyCreated = new("user_exists", "This user exists already.");
        public static readonly Rejection NotCreated = new("user_not_created", "This user was never created.");
        public static readonly Rejection Deleted = new("user_deleted", "This user is deleted.");
        public static readonly Rejection Inactive = new("user_inactive", "This user is inactive: activate the user first.");
        public static readonly Rejection WrongPassword = new("wrong_password", "The current password is wrong.");
    }
}
