using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Users.Domain;
using Xunit;
using static Monolith.Testing.Scenario;

namespace Monolith.Users.Tests.Domain;

public class UserClaimsTests
{
    private static readonly UserCreated Created = new("Ada@Example.com", "Ada", new PasswordHash("hash"), "Ada", "Lovelace");

    [Fact]
    public void A_user_claims_email_and_username_without_case() =>
        Given<User>(Created).ThenState<UserState>(state => Assert.Equal([new("email", "ada@example.com"), new("username", "ada")], state.Claims));

    [Fact]
    public void Another_email_address_moves_the_claim() =>
        Given<User>(Created)
            .When(user => user.ChangeEmail(EmailAddress.Parse("ada@lovelace.org")))
            .ThenState<UserState>(state => Assert.Equal([new("email", "ada@lovelace.org"), new("username", "ada")], state.Claims));

    [Fact]
    public void An_inactive_user_keeps_the_claims() =>
        Given<User>(Created, new UserDeactivated()).ThenState<UserState>(state => Assert.Equal(2, state.Claims.Count()));

    [Fact]
    public void A_deleted_user_gives_the_claims_back() =>
        Given<User>(Created).When(user => user.Delete()).ThenState<UserState>(state => Assert.Empty(state.Claims));

    [Fact]
    public void A_user_that_was_never_created_claims_nothing() => Assert.Empty(UserState.Initial.Claims);

    [Fact]
    public void Claims_are_no_part_of_a_snapshot() => Assert.DoesNotContain(
        "claims", System.Text.Json.JsonSerializer.Serialize(UserState.Initial, EventJson.Options), StringComparison.OrdinalIgnoreCase);
}
