using Monolith.Users.Domain;
using Monolith.Users.ReadModels;
using Xunit;
using static Monolith.Testing.ProjectionScenario;

namespace Monolith.Users.Tests.ReadModels;

public class UserProfilesTests
{
    private static readonly Guid Ada = Guid.CreateVersion7();
    private static readonly UserCreated Created = new("Ada@Example.com", "Ada", new PasswordHash("hash"), "Ada", "Lovelace");
    private static readonly UserProfile New = new(Ada, 1, "Ada@Example.com", "Ada", "Ada", "Lovelace", AvatarUrl: null, IsActive: true);

    [Fact]
    public void A_new_user_is_shown_active() =>
        GivenEvents<User>(Ada, Created).ProjectedBy(new UserProfiles()).ThenView(Ada, New);

    [Fact]
    public void Another_email_address_is_shown() =>
        GivenEvents<User>(Ada, Created, new EmailChanged("ada@lovelace.org"))
            .ProjectedBy(new UserProfiles())
            .ThenView(Ada, New with { Version = 2, Email = "ada@lovelace.org" });

    [Fact]
    public void Another_profile_is_shown() =>
        GivenEvents<User>(Ada, Created, new ProfileUpdated("Augusta", "King", "https://example.com/ada.png"))
            .ProjectedBy(new UserProfiles())
            .ThenView(Ada, New with { Version = 2, FirstName = "Augusta", LastName = "King", AvatarUrl = "https://example.com/ada.png" });

    [Fact]
    public void An_inactive_user_is_shown_inactive() =>
        GivenEvents<User>(Ada, Created, new UserDeactivated())
            .ProjectedBy(new UserProfiles())
            .ThenView(Ada, New with { Version = 2, IsActive = false });

    [Fact]
    public void A_user_activated_again_is_shown_active() =>
        GivenEvents<User>(Ada, Created, new UserDeactivated(), new UserActivated())
            .ProjectedBy(new UserProfiles())
            .ThenView(Ada, New with { Version = 3 });

    [Fact]
    public void Another_password_moves_only_the_version() =>
        GivenEvents<User>(Ada, Created, new PasswordChanged(new PasswordHash("other")))
            .ProjectedBy(new UserProfiles())
            .ThenView(Ada, New with { Version = 2 });

    [Fact]
    public void A_deleted_user_is_not_shown() =>
        GivenEvents<User>(Ada, Created, new UserDeleted()).ProjectedBy(new UserProfiles()).ThenNoView(Ada);

    [Fact]
    public void A_profile_is_found_whatever_the_case()
    {
        Assert.Equal(("ada@example.com", "ada"), (New.EmailKey, New.UsernameKey));
        Assert.Equal("ada ada@example.com ada lovelace", New.SearchText);
    }

    [Fact]
    public void A_profile_has_no_field_for_a_password() =>
        Assert.DoesNotContain(typeof(UserProfile).GetProperties(), property => property.Name.Contains("Password", StringComparison.Ordinal));
}
