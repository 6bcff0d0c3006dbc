using System.Globalization;
using FluentValidation;
using Monolith.Accounts.Features;
using Xunit;

namespace Monolith.Accounts.Tests.Features;

public class ValidationTests
{
    [Fact]
    public void An_account_as_the_example_shows_one_is_valid() =>
        Assert.Empty(Wrong(new OpenAccountValidator(), new(Guid.Empty, "Ada Lovelace", "EUR")));

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("Ada\0")]
    [InlineData("Ada\nLovelace")]
    public void A_holder_has_a_name_of_one_line(string holder) =>
        Assert.Equal(["Holder"], Wrong(new OpenAccountValidator(), new(Guid.Empty, holder, "EUR")));

    [Fact]
    public void A_holder_has_at_most_140_characters()
    {
        Assert.Empty(Wrong(new OpenAccountValidator(), new(Guid.Empty, new string('a', 140), "EUR")));
        Assert.Equal(["Holder"], Wrong(new OpenAccountValidator(), new(Guid.Empty, new string('a', 141), "EUR")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("euros")]
    [InlineData("XXX")]
    public void A_currency_is_one_of_iso_4217(string currency) =>
        Assert.Equal(["Currency"], Wrong(new OpenAccountValidator(), new(Guid.Empty, "Ada", currency)));

    [Theory]
    [InlineData("0.01", true)]
    [InlineData("1000000000000", true)]
    [InlineData("0", false)]
    [InlineData("-0.01", false)]
    [InlineData("1000000000000.01", false)]
    public void An_amount_is_positive_and_bounded(string text, bool valid)
    {
        var amount = decimal.Parse(text, CultureInfo.InvariantCulture);

        Assert.Equal(valid, Wrong(new DepositValidator(), new(Guid.Empty, amount, "", null)).Length == 0);
        Assert.Equal(valid, Wrong(new WithdrawValidator(), new(Guid.Empty, amount, "", null)).Length == 0);
    }

    [Fact]
    public void A_reference_has_at_most_140_characters_on_one_line()
    {
        Assert.Empty(Wrong(new DepositValidator(), new(Guid.Empty, 1m, new string('a', 140), null)));
        Assert.Equal(["Reference"], Wrong(new DepositValidator(), new(Guid.Empty, 1m, new string('a', 141), null)));
        Assert.Equal(["Reference"], Wrong(new WithdrawValidator(), new(Guid.Empty, 1m, "a\0", null)));
    }

    [Theory]
    [InlineData(null, 1, true)]
    [InlineData(1L, 100, true)]
    [InlineData(0L, 20, false)]
    [InlineData(null, 0, false)]
    [InlineData(null, 101, false)]
    public void A_page_of_a_statement_is_bounded(long? before, int pageSize, bool valid) =>
        Assert.Equal(valid, Wrong(new GetStatementValidator(), new(Guid.Empty, before, pageSize)).Length == 0);

    private static string[] Wrong<T>(AbstractValidator<T> validator, T message) =>
        [.. validator.Validate(message).Errors.Select(error => error.PropertyName).Distinct().Order(StringComparer.Ordinal)];
}
