using Monolith.Contracts;
using Monolith.Testing;
using Monolith.Users.Contracts;
using Monolith.Users.Domain;
using Monolith.Users.Integration;
using Xunit;
using Told = Monolith.Users.Contracts.Events;

namespace Monolith.Users.Tests;

public sealed class ContractsTests
{
    private static readonly Guid Ada = Guid.Parse("018f0000-0000-7000-8000-00000000000a");

    [Fact]
    public void What_others_see_is_what_was_approved() => PublicContracts.MatchApproved(typeof(ActivateUser).Assembly);

    [Fact]
    public void Everything_but_passwords_is_told()
    {
        Assert.Equal(new Told.UserRegistered(Ada, "ada@example.com", "ada", "Ada", "L", Origin(1)), Tell(1, new UserCreated("ada@example.com", "ada", PasswordHash.None, "Ada", "L")));
        Assert.Equal(new Told.UserEmailChanged(Ada, "ada@lovelace.org", Origin(2)), Tell(2, new EmailChanged("ada@lovelace.org")));
        Assert.Equal(new Told.UserProfileChanged(Ada, "A", "B", null, Origin(3)), Tell(3, new ProfileUpdated("A", "B", null)));
        Assert.Equal(new Told.UserDeactivated(Ada, Origin(4)), Tell(4, new UserDeactivated()));
        Assert.Equal(new Told.UserActivated(Ada, Origin(5)), Tell(5, new UserActivated()));
        Assert.Equal(new Told.UserDeleted(Ada, Origin(6)), Tell(6, new UserDeleted()));
        Assert.Null(Tell(7, new PasswordChanged(PasswordHash.None)));
    }

    private static IIntegrationEvent? Tell(long version, object @event) => new UserPublisher()
        .Translate(new()
        {
            EventId = Ada,
            EventType = "user.something",
            TenantId = "acme",
            AggregateId = Ada,
            AggregateType = "user",
            Version = version,
            Position = version,
            RecordedAt = DateTimeOffset.UnixEpoch,
            Event = @event,
        })
        .SingleOrDefault();

    private static Origin Origin(long version) => new("acme", Ada, "user", Ada, version, version, DateTimeOffset.UnixEpoch);
}
