using FluentValidation;
using Monolith.Users.Features;
using Xunit;

namespace Monolith.Users.Tests.Features;

public class ValidationTests
{
    private static readonly CreateUser Ada = new(Guid.Empty, "ada@example.com", "ada", new("correct horse"), "Ada", "Lovelace");
    private static readonly UpdateProfile Profile = new(Guid.Empty, "Ada", "Lovelace", "https://example.com/ada.png", RequiredVersion: null);

    [Fact]
    public void A_user_as_the_example_shows_one_is_valid() => Assert.Empty(Wrong(new CreateUserValidator(), Ada));

    [Fact]
    public void Names_may_be_empty() => Assert.Empty(Wrong(new CreateUserValidator(), Ada with { FirstName = "", LastName = "" }));

    [Fact]
    public void Every_wrong_field_is_told_at_once() => Assert.Equal(
        ["Email", "FirstName", "LastName", "Password", "Username"],
        Wrong(new CreateUserValidator(), new(Guid.Empty, "ada", "a", new("short"), "A\0", new string('a', 101))));

    [Theory]
    [InlineData(7, false)]
    [InlineData(8, true)]
    [InlineData(256, true)]
    [InlineData(257, false)]
    public void A_password_has_8_to_256_characters(int length, bool valid) =>
        Assert.Equal(valid, Wrong(new CreateUserValidator(), Ada with { Password = new(new string('x', length)) }).Length == 0);

    [Fact]
    public void A_current_password_may_be_short_but_not_missing()
    {
        Assert.Empty(Wrong(new ChangePasswordValidator(), new(Guid.Empty, new("old"), new("long enough"), null)));
        Assert.Equal(["CurrentPassword"], Wrong(new ChangePasswordValidator(), new(Guid.Empty, new(""), new("long enough"), null)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("https://example.com/ada.png")]
    [InlineData("http://example.com")]
    public void An_avatar_is_a_web_address_or_none(string? url) =>
        Assert.Empty(Wrong(new UpdateProfileValidator(), Profile with { AvatarUrl = url }));

    [Theory]
    [InlineData("")]
    [InlineData("ada.png")]
    [InlineData("//example.com/ada.png")]
    [InlineData("javascript:alert(1)")]
    [InlineData("file:///etc/passwd")]
    [InlineData("data:image/png;base64,AAAA")]
    [InlineData("https://example.com/a b")]
    [InlineData("https://example.com/\0")]
    public void What_is_no_web_address_is_no_avatar(string url) =>
        Assert.Equal(["AvatarUrl"], Wrong(new UpdateProfileValidator(), Profile with { AvatarUrl = url }));

    [Fact]
    public void An_avatar_address_has_at_most_2048_characters()
    {
        var longest = "https://example.com/" + new string('a', 2028);

        Assert.Empty(Wrong(new UpdateProfileValidator(), Profile with { AvatarUrl = longest }));
        Assert.Equal(["AvatarUrl"], Wrong(new UpdateProfileValidator(), Profile with { AvatarUrl = longest + "a" }));
    }

    [Theory]
    [InlineData(1, 1, true)]
    [InlineData(100_000, 100, true)]
    [InlineData(0, 20, false)]
    [InlineData(100_001, 20, false)]
    [InlineData(1, 0, false)]
    [InlineData(1, 101, false)]
    public void Pages_are_bounded(int page, int pageSize, bool valid) =>
        Assert.Equal(valid, Wrong(new ListUsersValidator(), new(page, pageSize, Search: null)).Length == 0);

    [Fact]
    public void A_search_is_bounded() =>
        Assert.Equal(["Search"], Wrong(new ListUsersValidator(), new(1, 20, new string('a', 101))));

    [Theory]
    [InlineData("ada@example.com", null, true)]
    [InlineData(null, "ada", true)]
    [InlineData(null, null, false)]
    [InlineData("ada@example.com", "ada", false)]
    [InlineData(null, "", false)]
    [InlineData("", null, false)]
    public void A_user_is_found_by_one_key(string? email, string? username, bool valid) =>
        Assert.Equal(valid, Wrong(new FindUserValidator(), new(email, username)).Length == 0);

    [Theory]
    [InlineData(1L, false, true)]
    [InlineData(0L, false, false)]
    [InlineData(null, true, true)]
    [InlineData(1L, true, false)]
    public void A_moment_is_a_version_or_a_time(long? version, bool withTime, bool valid) =>
        Assert.Equal(valid, Wrong(new GetUserAsOfValidator(), new(Guid.Empty, version, withTime ? DateTimeOffset.UnixEpoch : null)).Length == 0);

    [Theory]
    [InlineData(null, 1, true)]
    [InlineData(2L, 100, true)]
    [InlineData(1L, 20, false)]
    [InlineData(null, 0, false)]
    [InlineData(null, 101, false)]
    public void A_page_of_history_is_bounded(long? before, int pageSize, bool valid) =>
        Assert.Equal(valid, Wrong(new GetHistoryValidator(), new(Guid.Empty, before, pageSize)).Length == 0);

    private static string[] Wrong<T>(AbstractValidator<T> validator, T message) =>
        [.. validator.Validate(message).Errors.Select(error => error.PropertyName).Distinct().Order(StringComparer.Ordinal)];
}
