using Monolith.Accounts.Contracts;
using Monolith.Accounts.Domain;
using Xunit;
using static Monolith.Testing.Scenario;

namespace Monolith.Accounts.Tests.Domain;

public class TransferTests
{
    private static readonly DateTimeOffset Deadline = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Account From = InCurrency("EUR", movements: 2);
    private static readonly Account To = InCurrency("EUR", movements: 0);
    private static readonly TransferTerms Terms = new(From.Id, To.Id, 5m, Currency.Parse("EUR"), "rent");
    private static readonly TransferRequested Requested = new(Terms, FromVersion: 3, ToVersion: 1, Deadline);
    private static readonly TransferDebited Debited = new(4);

    [Fact]
    public void A_transfer_is_requested_with_where_its_accounts_are() =>
        Given<Transfer>().When(transfer => transfer.Request(Terms, From, To, Deadline)).Then(Requested);

    [Fact]
    public void A_transfer_is_requested_once() =>
        Given<Transfer>(Requested).When(transfer => transfer.Request(Terms, From, To, Deadline)).ThenRejected("transfer_exists");

    [Fact]
    public void A_transfer_needs_two_accounts() =>
        Given<Transfer>().When(transfer => transfer.Request(Terms with { To = From.Id }, From, From, Deadline)).ThenRejected("same_account");

    [Fact]
    public void Accounts_in_different_currencies_are_refused() =>
        Given<Transfer>().When(transfer => transfer.Request(Terms, From, InCurrency("USD", 0), Deadline)).ThenRejected("currency_mismatch");

    [Fact]
    public void An_amount_that_is_too_fine_is_refused() =>
        Given<Transfer>().When(transfer => transfer.Request(Terms with { Amount = 0.001m }, From, To, Deadline)).ThenRejected("amount_too_fine");

    [Fact]
    public void A_transfer_is_debited_credited_and_completed() =>
        Given<Transfer>(Requested)
            .When(transfer => transfer.Debited(4))
            .When(transfer => transfer.Credited())
            .When(transfer => transfer.Complete())
            .Then(Debited, new TransferCredited(), new TransferCompleted())
            .ThenState<TransferState>(state => Assert.Equal((TransferStatus.Completed, true), (state.Status, state.IsFinal)));

    [Fact]
    public void A_transfer_whose_debit_is_declined_is_refused() =>
        Given<Transfer>(Requested)
            .When(transfer => transfer.Refuse("insufficient_funds"))
            .Then(new TransferRefused("insufficient_funds"))
            .ThenState<TransferState>(state => Assert.True(state.IsFinal));

    [Fact]
    public void A_transfer_whose_credit_is_declined_is_compensated() =>
        Given<Transfer>(Requested, Debited)
            .When(transfer => transfer.DeclineCredit("account_frozen"))
            .When(transfer => transfer.Compensate())
            .Then(new TransferCreditDeclined("account_frozen"), new TransferCompensated())
            .ThenState<TransferState>(state => Assert.True(state.IsFinal));

    [Fact]
    public void What_was_credited_is_never_compensated_and_what_goes_back_is_never_completed()
    {
        Given<Transfer>(Requested, Debited, new TransferCredited()).When(transfer => transfer.DeclineCredit("late")).ThenRejected("transfer_out_of_order");
        Given<Transfer>(Requested, Debited, new TransferCredited()).When(transfer => transfer.Compensate()).ThenRejected("transfer_out_of_order");
        Given<Transfer>(Requested, Debited, new TransferCreditDeclined("x")).When(transfer => transfer.Credited()).ThenRejected("transfer_out_of_order");
        Given<Transfer>(Requested, Debited, new TransferCreditDeclined("x")).When(transfer => transfer.Complete()).ThenRejected("transfer_out_of_order");
    }

    [Fact]
    public void Nothing_follows_the_end()
    {
        foreach (object[] history in new object[][]
        {
            [Requested, new TransferRefused("x")],
            [Requested, Debited, new TransferCredited(), new TransferCompleted()],
            [Requested, Debited, new TransferCreditDeclined("x"), new TransferCompensated()],
        })
        {
            foreach (var step in new Action<Transfer>[]
            {
                transfer => transfer.Debited(9), transfer => transfer.Refuse("x"), transfer => transfer.Credited(), transfer => transfer.DeclineCredit("x"),
                transfer => transfer.Complete(), transfer => transfer.Compensate(),
            })
            {
                Given<Transfer>(history).When(step).ThenRejected("transfer_out_of_order");
            }
        }
    }

    private static Account InCurrency(string currency, int movements)
    {
        var account = new Account(Guid.CreateVersion7());
        account.LoadFromHistory([
            new AccountOpened("Ada", Currency.Parse(currency)), .. Enumerable.Range(1, movements).Select(number => new Deposited(1m, "", number))]);
        return account;
    }
}
