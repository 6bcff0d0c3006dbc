using Monolith.Contracts;
using Monolith.Hosting;
using Monolith.Users.Domain;
using Told = Monolith.Users.Contracts.Events;

namespace Monolith.Users.Integration;

/// <summary>What other modules hear of users: everything but passwords.</summary>
public sealed class UserPublisher : Publisher
{
    /// <summary>The publisher <c>users.publisher</c>.</summary>
    public UserPublisher() : base("users.publisher")
    {
        Reads<User>();
        On((UserCreated e, Origin origin) => new Told.UserRegistered(origin.AggregateId, e.Email, e.Username, e.FirstName, e.LastName, origin));
        On((EmailChanged e, Origin origin) => new Told.UserEmailChanged(origin.AggregateId, e.Email, origin));
        On((ProfileUpdated e, Origin origin) => new Told.UserProfileChanged(origin.AggregateId, e.FirstName, e.LastName, e.AvatarUrl, origin));
        On((UserActivated _, Origin origin) => new Told.UserActivated(origin.AggregateId, origin));
        On((UserDeactivated _, Origin origin) => new Told.UserDeactivated(origin.AggregateId, origin));
        On((UserDeleted _, Origin origin) => new Told.UserDeleted(origin.AggregateId, origin));
    }
}
