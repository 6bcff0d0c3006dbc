using Monolith.Testing;
using Monolith.Users.Domain;
using Xunit;
using static Monolith.Testing.Scenario;

namespace Monolith.Users.Tests.Domain;

public class UserTests
{
    private static readonly PasswordHash Hash = new("hash-1");
    private static readonly PasswordHash OtherHash = new("hash-2");
    private static readonly UserCreated Created = new("Ada@Example.com", "Ada", Hash, "Ada", "Lovelace");

    [Fact]
    public void A_user_begins_active() =>
        Given<User>()
            .When(user => user.Create(EmailAddress.Parse(" Ada@Example.com "), Username.Parse("Ada"), Hash, " Ada ", "Lovelace"))
            .Then(Created)
            .ThenState<UserState>(state => Assert.Equal(UserStatus.Active, state.Status));

    [Fact]
    public void A_user_is_created_once() =>
        Given<User>(Created)
            .When(user => user.Create(EmailAddress.Parse("bob@example.com"), Username.Parse("bob"), Hash, "", ""))
            .ThenRejected("user_exists");

    [Fact]
    public void A_user_takes_another_email_address() =>
        Given<User>(Created).When(user => user.ChangeEmail(EmailAddress.Parse("ada@lovelace.org"))).Then(new EmailChanged("ada@lovelace.org"));

    [Fact]
    public void An_email_address_in_other_case_is_another_way_to_write_it() =>
        Given<User>(Created).When(user => user.ChangeEmail(EmailAddress.Parse("ada@example.com"))).Then(new EmailChanged("ada@example.com"));

    [Fact]
    public void The_same_email_address_again_changes_nothing() =>
        Given<User>(Created).When(user => user.ChangeEmail(EmailAddress.Parse("Ada@Example.com"))).ThenNothing();

    [Fact]
    public void The_current_password_allows_another_one() =>
        Given<User>(Created)
            .When(user => user.ChangePassword(current => current == Hash, OtherHash))
            .Then(new PasswordChanged(OtherHash));

    [Fact]
    public void A_wrong_current_password_is_refused() =>
        Given<User>(Created, new PasswordChanged(OtherHash))
            .When(user => user.ChangePassword(current => current == Hash, OtherHash))
            .ThenRejected("wrong_password");

    [Fact]
    public void A_profile_is_replaced_as_a_whole() =>
        Given<User>(Created)
            .When(user => user.UpdateProfile("Augusta Ada", " King ", "https://example.com/ada.png"))
            .Then(new ProfileUpdated("Augusta Ada", "King", "https://example.com/ada.png"));

    [Fact]
    public void The_same_profile_again_changes_nothing() =>
        Given<User>(Created).When(user => user.UpdateProfile("Ada", "Lovelace", avatarUrl: null)).ThenNothing();

    [Fact]
    public void An_active_user_can_be_deactivated() =>
        Given<User>(Created).When(user => user.Deactivate()).Then(new UserDeactivated());

    [Fact]
    public void To_deactivate_an_inactive_user_changes_nothing() =>
        Given<User>(Created, new UserDeactivated()).When(user => user.Deactivate()).ThenNothing();

    [Fact]
    public void An_inactive_user_can_be_activated() =>
        Given<User>(Created, new UserDeactivated()).When(user => user.Activate()).Then(new UserActivated());

    [Fact]
    public void To_activate_an_active_user_changes_nothing() =>
        Given<User>(Created).When(user => user.Activate()).ThenNothing();

    [Theory]
    [MemberData(nameof(Changes))]
    public void An_inactive_user_cannot_be_changed(string what, Action<User> change)
    {
        _ = what;
        Given<User>(Created, new UserDeactivated()).When(change).ThenRejected("user_inactive");
    }

    [Fact]
    public void An_inactive_user_can_be_deleted() =>
        Given<User>(Created, new UserDeactivated()).When(user => user.Delete()).Then(new UserDeleted());

    [Theory]
    [MemberData(nameof(Changes))]
    [MemberData(nameof(Turns))]
    public void A_deleted_user_refuses_everything(string what, Action<User> change)
    {
        _ = what;
        Given<User>(Created, new UserDeleted()).When(change).ThenRejected("user_deleted");
    }

    [Theory]
    [MemberData(nameof(Changes))]
    [MemberData(nameof(Turns))]
    public void A_user_that_was_never_created_refuses_everything(string what, Action<User> change)
    {
        _ = what;
        Given<User>().When(change).ThenRejected("user_not_created");
    }

    [Fact]
    public void A_deleted_user_keeps_no_password() =>
        Given<User>(Created)
            .When(user => user.Delete())
            .ThenState<UserState>(state => Assert.Equal(PasswordHash.None, state.PasswordHash));

    public static TheoryData<string, Action<User>> Changes() => new()
    {
        { "email", user => user.ChangeEmail(EmailAddress.Parse("ada@lovelace.org")) },
        { "password", user => user.ChangePassword(_ => true, OtherHash) },
        { "profile", user => user.UpdateProfile("Augusta", "King", avatarUrl: null) },
    };

    public static TheoryData<string, Action<User>> Turns() => new()
    {
        { "activate", user => user.Activate() },
        { "deactivate", user => user.Deactivate() },
        { "delete", user => user.Delete() },
    };
}
