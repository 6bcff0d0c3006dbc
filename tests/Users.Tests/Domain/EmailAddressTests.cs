using Monolith.Users.Domain;
using Xunit;

namespace Monolith.Users.Tests.Domain;

public class EmailAddressTests
{
    [Theory]
    [InlineData("ada@example.com")]
    [InlineData("ada.lovelace+news@mail.example.co.uk")]
    [InlineData("o'neil@example.com")]
    [InlineData("jörg@bücher.example")]
    [InlineData("root@localhost")]
    public void What_mail_can_be_sent_to_is_an_address(string text) => Assert.Equal(text, EmailAddress.Parse(text).Value);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("ada")]
    [InlineData("@example.com")]
    [InlineData("ada@")]
    [InlineData("ada@@example.com")]
    [InlineData("ada@example@com")]
    [InlineData("ada lovelace@example.com")]
    [InlineData("ada@.example.com")]
    [InlineData("ada@example..com")]
    [InlineData("ada@example.com.")]
    [InlineData("Ada <ada@example.com>")]
    [InlineData("ada@example.com,bob@example.com")]
    [InlineData("ada\0@example.com")]
    [InlineData("ada@example.com\r\nBcc: bob@example.com")]
    public void What_is_none_is_refused(string? text) => Assert.False(EmailAddress.TryParse(text, out _));

    [Fact]
    public void The_longest_address_is_accepted_and_a_longer_one_refused()
    {
        var longest = "ada@" + new string('a', EmailAddress.MaxLength - 4);

        Assert.True(EmailAddress.TryParse(longest, out _));
        Assert.False(EmailAddress.TryParse(longest + "a", out _));
    }

    [Fact]
    public void A_local_part_of_more_than_64_characters_is_refused() =>
        Assert.False(EmailAddress.TryParse(new string('a', 65) + "@example.com", out _));

    [Fact]
    public void Case_and_spaces_around_make_no_other_address()
    {
        Assert.Equal("Ada@Example.com", EmailAddress.Parse(" Ada@Example.com\t").Value);
        Assert.Equal(EmailAddress.Canonical("ada@example.com"), EmailAddress.Canonical(" ADA@Example.COM "));
        Assert.Equal(EmailAddress.Canonical("jörg@bücher.example"), EmailAddress.Canonical("JÖRG@BÜCHER.EXAMPLE"));
    }
}
