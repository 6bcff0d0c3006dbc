using System.Globalization;
using System.Text.Json;
using Monolith.Accounts.Contracts;
using Xunit;

namespace Monolith.Accounts.Tests.Domain;

public class CurrencyTests
{
    [Theory]
    [InlineData("EUR", 2)]
    [InlineData("JPY", 0)]
    [InlineData("KWD", 3)]
    public void A_currency_knows_its_decimals(string code, int scale) => Assert.Equal(scale, Currency.Parse(code).Scale);

    [Fact]
    public void A_code_is_read_in_either_case_and_written_in_upper_case() => Assert.Equal("EUR", Currency.Parse("eur").ToString());

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("EU")]
    [InlineData("EURO")]
    [InlineData("ABC")]
    [InlineData("XXX")]
    public void What_is_no_currency_in_use_is_refused(string? code) => Assert.False(Currency.TryParse(code, out _));

    [Theory]
    [InlineData("EUR", "5", "5.00")]
    [InlineData("EUR", "5.1000", "5.10")]
    [InlineData("JPY", "5.0", "5")]
    [InlineData("KWD", "1.5", "1.500")]
    public void An_amount_is_written_with_exactly_the_decimals_of_its_currency(string code, string amount, string expected) =>
        Assert.Equal(expected, Currency.Parse(code).Exact(decimal.Parse(amount, CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture));

    [Fact]
    public void An_amount_that_is_too_fine_cannot_be_written_exactly() =>
        Assert.Throws<ArgumentException>(() => Currency.Parse("EUR").Exact(0.001m));

    [Fact]
    public void Json_holds_the_code_and_none_survives_too()
    {
        Assert.Equal("\"CHF\"", JsonSerializer.Serialize(Currency.Parse("CHF")));
        Assert.Equal(Currency.Parse("CHF"), JsonSerializer.Deserialize<Currency>("\"CHF\""));
        Assert.Equal(Currency.None, JsonSerializer.Deserialize<Currency>(JsonSerializer.Serialize(Currency.None)));
    }

    [Fact]
    public void Json_with_an_unknown_code_is_an_error() => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Currency>("\"ABC\""));
}
