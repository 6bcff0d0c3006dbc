using Monolith.Accounts.Contracts;
using Monolith.Accounts.Domain;
using Monolith.Testing;
using Xunit;
using static Monolith.Testing.Scenario;

namespace Monolith.Accounts.Tests.Domain;

public class AccountTests
{
    private static readonly Currency Euro = Currency.Parse("EUR");
    private static readonly AccountOpened Opened = new("Ada Lovelace", Euro);
    private static readonly Deposited TenDeposited = new(10m, "gift", 10m);

    [Fact]
    public void An_account_opens_empty() =>
        Given<Account>()
            .When(account => account.Open("Ada Lovelace", Euro))
            .Then(Opened)
            .ThenState<AccountState>(state => Assert.Equal(AccountState.Initial with { Status = AccountStatus.Open, Currency = Euro, Balance = 0m }, state));

    [Fact]
    public void An_account_opens_once() =>
        Given<Account>(Opened).When(account => account.Open("Bob", Euro)).ThenRejected("account_exists");

    [Fact]
    public void An_account_needs_a_currency() =>
        Given<Account>().When(account => account.Open("Ada Lovelace", Currency.None)).ThenRejected("no_currency");

    [Fact]
    public void A_deposit_raises_the_balance() =>
        Given<Account>(Opened, TenDeposited)
            .When(account => account.Deposit(2.5m, "change"))
            .Then(new Deposited(2.50m, "change", 12.50m));

    [Fact]
    public void A_withdrawal_lowers_the_balance() =>
        Given<Account>(Opened, TenDeposited)
            .When(account => account.Withdraw(4m, "lunch"))
            .Then(new Withdrawn(4.00m, "lunch", 6.00m));

    [Fact]
    public void The_whole_balance_can_be_withdrawn() =>
        Given<Account>(Opened, TenDeposited)
            .When(account => account.Withdraw(10m, "all"))
            .Then(new Withdrawn(10m, "all", 0m));

    [Fact]
    public void A_withdrawal_above_the_balance_is_refused() =>
        Given<Account>(Opened, TenDeposited).When(account => account.Withdraw(10.01m, "rent")).ThenRejected("insufficient_funds");

    [Fact]
    public void A_second_withdrawal_sees_the_first() =>
        Given<Account>(Opened, TenDeposited)
            .When(account => account.Withdraw(6m, "one"))
            .When(account => account.Withdraw(6m, "two"))
            .ThenRejected("insufficient_funds");

    [Fact]
    public void Amounts_are_stored_with_the_decimals_of_their_currency()
    {
        var raised = Given<Account>(Opened).When(account => account.Deposit(5m, "")).ThenSucceeded().UncommittedEvents[0].Event;

        Assert.Equal("5.00", ((Deposited)raised).Amount.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    public void An_amount_that_is_not_positive_is_refused(string amount)
    {
        Given<Account>(Opened, TenDeposited).When(account => account.Deposit(Money(amount), "")).ThenRejected("amount_not_positive");
        Given<Account>(Opened, TenDeposited).When(account => account.Withdraw(Money(amount), "")).ThenRejected("amount_not_positive");
    }

    [Theory]
    [InlineData("EUR", "0.001")]
    [InlineData("JPY", "0.5")]
    [InlineData("KWD", "0.0001")]
    public void An_amount_finer_than_the_currency_is_refused(string currency, string amount)
    {
        var opened = Opened with { Currency = Currency.Parse(currency) };

        Given<Account>(opened).When(account => account.Deposit(Money(amount), "")).ThenRejected("amount_too_fine");
        Given<Account>(opened, new Deposited(9m, "", 9m)).When(account => account.Withdraw(Money(amount), "")).ThenRejected("amount_too_fine");
    }

    [Fact]
    public void Zeros_behind_the_decimals_of_the_currency_do_not_make_an_amount_too_fine() =>
        Given<Account>(Opened).When(account => account.Deposit(1.5000m, "")).Then(new Deposited(1.50m, "", 1.50m));

    [Fact]
    public void The_largest_amount_is_accepted_and_one_cent_more_refused()
    {
        Given<Account>(Opened).When(account => account.Deposit(Account.MaxAmount, "")).Then(new Deposited(Account.MaxAmount, "", Account.MaxAmount));
        Given<Account>(Opened).When(account => account.Deposit(Account.MaxAmount + 0.01m, "")).ThenRejected("amount_too_large");
    }

    [Fact]
    public void An_empty_account_can_be_closed() =>
        Given<Account>(Opened, TenDeposited, new Withdrawn(10m, "", 0m)).When(account => account.Close()).Then(new AccountClosed());

    [Fact]
    public void An_account_with_money_cannot_be_closed() =>
        Given<Account>(Opened, TenDeposited).When(account => account.Close()).ThenRejected("balance_not_zero");

    [Fact]
    public void To_close_a_closed_account_changes_nothing() =>
        Given<Account>(Opened, new AccountClosed()).When(account => account.Close()).ThenNothing();

    [Fact]
    public void A_closed_account_refuses_a_deposit() =>
        Given<Account>(Opened, new AccountClosed()).When(account => account.Deposit(1m, "")).ThenRejected("account_closed");

    [Fact]
    public void A_closed_account_refuses_a_withdrawal() =>
        Given<Account>(Opened, new AccountClosed()).When(account => account.Withdraw(1m, "")).ThenRejected("account_closed");

    [Fact]
    public void A_closed_account_is_not_opened_again() =>
        Given<Account>(Opened, new AccountClosed()).When(account => account.Open("Ada Lovelace", Euro)).ThenRejected("account_exists");

    [Fact]
    public void An_account_that_was_never_opened_refuses_movements()
    {
        Given<Account>().When(account => account.Deposit(1m, "")).ThenRejected("account_not_open");
        Given<Account>().When(account => account.Withdraw(1m, "")).ThenRejected("account_not_open");
        Given<Account>().When(account => account.Close()).ThenRejected("account_not_open");
    }

    private static decimal Money(string text) => decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
