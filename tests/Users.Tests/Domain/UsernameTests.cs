using Monolith.Users.Domain;
using Xunit;

namespace Monolith.Users.Tests.Domain;

public class UsernameTests
{
    [Theory]
    [InlineData("ada")]
    [InlineData("Ada.Lovelace")]
    [InlineData("a_d-a.1815")]
    [InlineData("1815")]
    public void Letters_digits_dots_hyphens_and_underscores_make_a_username(string text) => Assert.Equal(text, Username.Parse(text).Value);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("ad")]
    [InlineData(".ada")]
    [InlineData("_ada")]
    [InlineData("ada lovelace")]
    [InlineData("ada@example.com")]
    [InlineData("аda")]
    [InlineData("ada\0")]
    public void Anything_else_is_refused(string? text) => Assert.False(Username.TryParse(text, out _));

    [Fact]
    public void The_longest_username_is_accepted_and_a_longer_one_refused()
    {
        var longest = new string('a', Username.MaxLength);

        Assert.True(Username.TryParse(longest, out _));
        Assert.False(Username.TryParse(longest + "a", out _));
    }

    [Fact]
    public void Case_and_spaces_around_make_no_other_username()
    {
        Assert.Equal("Ada", Username.Parse(" Ada ").Value);
        Assert.Equal(Username.Canonical("ada"), Username.Canonical(" ADA "));
    }
}
