using Monolith.Testing;
using Monolith.Users.Domain;
using Monolith.Users.ReadModels;
using Xunit;
using static Monolith.Testing.ProjectionScenario;

namespace Monolith.Users.Tests.ReadModels;

public class UserProjectionLawsTests(PostgresFixture postgres)
{
    [Fact]
    public Task Profiles_survive_crashes_and_rebuilds()
    {
        Guid[] users = [.. Enumerable.Range(0, 4).Select(_ => Guid.CreateVersion7())];
        var history = GivenEvents<User>(users[0], new UserCreated("ada@example.com", "ada", new PasswordHash("hash"), "Ada", "Lovelace"));
        foreach (var user in users[1..])
        {
            history.AndEvents<User>(user, new UserCreated($"{user}@example.com", $"u{user}", new PasswordHash("hash"), "Bob", ""), new EmailChanged($"new-{user}@example.com"));
        }

        return history
            .AndEvents<User>(users[0], new ProfileUpdated("Ada", "King", "https://example.com/ada.png"), new UserDeactivated(), new UserActivated())
            .AndEvents<User>(users[1], new UserDeactivated())
            .AndEvents<User>(users[2], new UserDeleted())
            .HoldsTheLawsOf(postgres, new UserProfiles());
    }
}
