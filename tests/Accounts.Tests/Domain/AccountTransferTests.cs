using Monolith.Accounts.Contracts;
using Monolith.Accounts.Domain;
using Xunit;
using static Monolith.Testing.Scenario;

namespace Monolith.Accounts.Tests.Domain;

public class AccountTransferTests
{
    private static readonly Currency Euro = Currency.Parse("EUR");
    private static readonly Guid Id = Guid.CreateVersion7();
    private static readonly Guid Other = Guid.CreateVersion7();
    private static readonly AccountOpened Opened = new("Ada Lovelace", Euro);
    private static readonly Deposited TenDeposited = new(10m, "gift", 10m);
    private static readonly TransferSent FourSent = new(Id, Other, 4m, "rent", 6m);

    [Fact]
    public void Money_is_sent_up_to_the_balance_and_the_overdraft()
    {
        Given<Account>(Opened, TenDeposited).When(account => account.Send(Id, Other, 4m, Euro, "rent")).Then(FourSent);
        Given<Account>(Opened, TenDeposited).When(account => account.Send(Id, Other, 10.01m, Euro, "")).ThenRejected("insufficient_funds");
        Given<Account>(Opened, new OverdraftAgreed(5m)).When(account => account.Send(Id, Other, 5m, Euro, "")).Then(new TransferSent(Id, Other, 5m, "", -5m));
    }

    [Fact]
    public void Money_is_received() =>
        Given<Account>(Opened, TenDeposited).When(account => account.Receive(Id, Other, 4m, Euro, "rent")).Then(new TransferReceived(Id, Other, 4m, "rent", 14m));

    [Fact]
    public void A_frozen_a_closed_and_another_currencys_account_neither_send_nor_receive()
    {
        foreach (var (history, code) in new (object[], string)[]
        {
            ([Opened, TenDeposited, new AccountFrozen(FreezeReason.ByBank)], "account_frozen"),
            ([Opened, new AccountClosed()], "account_closed"),
            ([Opened with { Currency = Currency.Parse("USD") }, TenDeposited], "currency_mismatch"),
        })
        {
            Given<Account>(history).When(account => account.Send(Id, Other, 1m, Euro, "")).ThenRejected(code);
            Given<Account>(history).When(account => account.Receive(Id, Other, 1m, Euro, "")).ThenRejected(code);
        }
    }

    [Fact]
    public void An_account_declines_in_whatever_state_it_is() =>
        Given<Account>(Opened, new AccountClosed()).When(account => account.Decline(Id, "account_closed")).Then(new TransferDeclined(Id, "account_closed"));

    [Fact]
    public void What_was_sent_comes_back_also_to_a_frozen_account() =>
        Given<Account>(Opened, TenDeposited, FourSent, new AccountFrozen(FreezeReason.ByBank))
            .When(account => account.TakeBack(Id, Other, 4m, "rent"))
            .Then(new TransferReturned(Id, Other, 4m, "rent", 10m));

    [Fact]
    public void What_has_arrived_is_settled() =>
        Given<Account>(Opened, TenDeposited, FourSent).When(account => account.Settle(Id)).Then(new TransferSettled(Id));

    [Fact]
    public void What_was_settled_or_came_back_does_not_come_back_again()
    {
        Given<Account>(Opened, TenDeposited, FourSent, new TransferSettled(Id)).When(account => account.TakeBack(Id, Other, 4m, "")).ThenRejected("no_transfer_underway");
        Given<Account>(Opened, TenDeposited, FourSent, new TransferReturned(Id, Other, 4m, "", 10m)).When(account => account.Settle(Id)).ThenRejected("no_transfer_underway");
    }

    [Fact]
    public void An_account_is_not_closed_while_its_money_may_come_back() =>
        Given<Account>(Opened, TenDeposited, new TransferSent(Id, Other, 10m, "", 0m))
            .When(account => account.Close()).ThenRejected("transfer_underway");

    [Fact]
    public void Once_what_was_sent_has_arrived_the_account_can_be_closed() =>
        Given<Account>(Opened, TenDeposited, new TransferSent(Id, Other, 10m, "", 0m), new TransferSettled(Id))
            .When(account => account.Close()).Then(new AccountClosed());
}
