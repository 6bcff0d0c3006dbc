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

    [Fact]
    public void A_period_of_a_statement_ends_after_it_begins()
    {
        var noon = new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

        Assert.Empty(Wrong(new GetStatementValidator(), new(Guid.Empty, null, 10, noon, noon.AddTicks(10))));
        Assert.Equal(["To"], Wrong(new GetStatementValidator(), new(Guid.Empty, null, 10, noon, noon)));
    }

    [Fact]
    public void A_transfer_has_an_id_an_amount_and_a_reference_of_one_line()
    {
        var valid = new RequestTransfer(Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), 1m, "rent");

        Assert.Empty(Wrong(new RequestTransferValidator(), valid));
        Assert.Equal(["Amount", "Reference", "TransferId"], Wrong(new RequestTransferValidator(), valid with { TransferId = Guid.Empty, Amount = 0m, Reference = "a\nb" }));
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("1000000000000", true)]
    [InlineData("-0.01", false)]
    [InlineData("1000000000000.01", false)]
    public void An_overdraft_is_not_negative_and_bounded(string limit, bool valid) =>
        Assert.Equal(valid, Wrong(new AgreeOverdraftValidator(), new(Guid.Empty, decimal.Parse(limit, CultureInfo.InvariantCulture), null)).Length == 0);

    [Theory]
    [InlineData(null, 1, true)]
    [InlineData(1L, 100, true)]
    [InlineData(0L, 20, false)]
    [InlineData(null, 0, false)]
    [InlineData(null, 101, false)]
    public void A_page_of_transfers_is_bounded(long? before, int pageSize, bool valid) =>
        Assert.Equal(valid, Wrong(new ListTransfersValidator(), new(Status: null, before, pageSize)).Length == 0);

    [Theory]
    [InlineData(0, "EUR", true)]
    [InlineData(30, null, true)]
    [InlineData(31, null, false)]
    [InlineData(-1, null, false)]
    [InlineData(0, "XXX", false)]
    public void Totals_are_those_of_1_to_31_days_and_a_currency_in_use(int days, string? currency, bool valid)
    {
        var first = new DateOnly(2026, 1, 1);
        Assert.Equal(valid, Wrong(new GetDailyTotalsValidator(), new(first, first.AddDays(days), currency)).Length == 0);
    }

    private static string[] Wrong<T>(AbstractValidator<T> validator, T message) =>
        [.. validator.Validate(message).Errors.Select(error => error.PropertyName).Distinct().Order(StringComparer.Ordinal)];
}
