using Monolith.Accounts.Contracts;
using Monolith.Accounts.Domain;
using Xunit;
using static Monolith.Testing.Scenario;

namespace Monolith.Accounts.Tests.Domain;

public class ArchivedAccountTests
{
    private static readonly Guid Transfer = Guid.CreateVersion7();
    private static readonly Guid Other = Guid.CreateVersion7();
    private static readonly AccountOpened Opened = new("Ada Lovelace", Currency.Parse("EUR"));
    private static readonly Deposited TenDeposited = new(10m, "gift", 10m);

    [Fact]
    public void An_account_goes_into_the_archive_and_comes_back_as_it_was()
    {
        Given<Account>(Opened).When(account => account.Archive()).Then(new AccountArchived());
        Given<Account>(Opened, new AccountArchived()).When(account => account.Archive()).ThenNothing();
        Given<Account>(Opened, new AccountArchived()).When(account => account.Restore()).Then(new AccountRestored());
        Given<Account>(Opened).When(account => account.Restore()).ThenNothing();
        Given<Account>(Opened, new AccountClosed()).When(account => account.Archive()).Then(new AccountArchived());
        Given<Account>(Opened, TenDeposited, new AccountArchived(), new AccountRestored()).When(account => account.Withdraw(10m, "")).Then(new Withdrawn(10m, "", 0m));
    }

    [Fact]
    public void An_account_in_the_archive_takes_part_in_nothing()
    {
        foreach (var decision in (Action<Account>[])
        [
            account => account.Deposit(1m, ""), account => account.Withdraw(1m, ""), account => account.AgreeOverdraft(1m), account => account.Freeze(FreezeReason.ByBank), account => account.Close(),
            account => account.Send(Transfer, Other, 1m, Currency.Parse("EUR"), ""), account => account.Receive(Transfer, Other, 1m, Currency.Parse("EUR"), ""),
        ])
        {
            Given<Account>(Opened, TenDeposited, new AccountArchived()).When(decision).ThenRejected("account_archived");
        }
    }

    [Fact]
    public void An_account_whose_money_may_come_back_is_not_archived() =>
        Given<Account>(Opened, TenDeposited, new TransferSent(Transfer, Other, 1m, "", 9m)).When(account => account.Archive()).ThenRejected("transfer_underway");
}
