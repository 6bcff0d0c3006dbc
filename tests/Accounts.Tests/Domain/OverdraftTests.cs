using Monolith.Accounts.Contracts;
using Monolith.Accounts.Domain;
using Xunit;
using static Monolith.Testing.Scenario;

namespace Monolith.Accounts.Tests.Domain;

public class OverdraftTests
{
    private static readonly AccountOpened Opened = new("Ada Lovelace", Currency.Parse("EUR"));
    private static readonly OverdraftAgreed FiftyAgreed = new(50m);

    [Fact]
    public void An_overdraft_is_agreed_and_changed()
    {
        Given<Account>(Opened).When(account => account.AgreeOverdraft(50m)).Then(FiftyAgreed);
        Given<Account>(Opened, FiftyAgreed).When(account => account.AgreeOverdraft(20m)).Then(new OverdraftAgreed(20m));
        Given<Account>(Opened, FiftyAgreed).When(account => account.AgreeOverdraft(0m)).Then(new OverdraftAgreed(0m));
    }

    [Fact]
    public void The_same_overdraft_again_changes_nothing() =>
        Given<Account>(Opened, FiftyAgreed).When(account => account.AgreeOverdraft(50.00m)).ThenNothing();

    [Fact]
    public void A_withdrawal_may_go_below_zero_as_far_as_is_agreed() =>
        Given<Account>(Opened, FiftyAgreed, new Deposited(10m, "", 10m))
            .When(account => account.Withdraw(60m, "rent"))
            .Then(new Withdrawn(60m, "rent", -50m));

    [Fact]
    public void A_withdrawal_below_the_agreed_overdraft_is_refused() =>
        Given<Account>(Opened, FiftyAgreed).When(account => account.Withdraw(50.01m, "rent")).ThenRejected("insufficient_funds");

    [Fact]
    public void An_overdraft_that_is_in_use_cannot_be_lowered_below_the_balance() =>
        Given<Account>(Opened, FiftyAgreed, new Withdrawn(30m, "", -30m)).When(account => account.AgreeOverdraft(29.99m)).ThenRejected("overdraft_in_use");

    [Fact]
    public void An_account_that_is_overdrawn_is_not_closed() =>
        Given<Account>(Opened, FiftyAgreed, new Withdrawn(30m, "", -30m)).When(account => account.Close()).ThenRejected("balance_not_zero");

    [Fact]
    public void An_overdraft_that_cannot_be_is_refused()
    {
        Given<Account>(Opened).When(account => account.AgreeOverdraft(-0.01m)).ThenRejected("overdraft_negative");
        Given<Account>(Opened).When(account => account.AgreeOverdraft(Account.MaxAmount + 1m)).ThenRejected("amount_too_large");
        Given<Account>(Opened).When(account => account.AgreeOverdraft(0.001m)).ThenRejected("amount_too_fine");
        Given<Account>(Opened, new AccountClosed()).When(account => account.AgreeOverdraft(1m)).ThenRejected("account_closed");
        Given<Account>().When(account => account.AgreeOverdraft(1m)).ThenRejected("account_not_open");
    }
}
