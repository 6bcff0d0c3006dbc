using Monolith.Accounts.Contracts;
using Monolith.Accounts.Domain;
using Xunit;
using static Monolith.Testing.Scenario;

namespace Monolith.Accounts.Tests.Domain;

public class FreezeTests
{
    private static readonly AccountOpened Opened = new("Ada Lovelace", Currency.Parse("EUR"));
    private static readonly Deposited TenDeposited = new(10m, "gift", 10m);
    private static readonly AccountFrozen ByBank = new(FreezeReason.ByBank);
    private static readonly AccountFrozen ForOwner = new(FreezeReason.OwnerInactive);

    [Theory]
    [InlineData(FreezeReason.ByBank)]
    [InlineData(FreezeReason.OwnerInactive)]
    public void An_account_is_frozen_for_a_reason_and_unfrozen_for_it(FreezeReason reason)
    {
        Given<Account>(Opened).When(account => account.Freeze(reason)).Then(new AccountFrozen(reason)).ThenState<AccountState>(state => Assert.True(state.IsFrozen));
        Given<Account>(Opened, new AccountFrozen(reason))
            .When(account => account.Unfreeze(reason))
            .Then(new AccountUnfrozen(reason))
            .ThenState<AccountState>(state => Assert.False(state.IsFrozen));
    }

    [Fact]
    public void A_second_reason_is_kept_beside_the_first() =>
        Given<Account>(Opened, ByBank).When(account => account.Freeze(FreezeReason.OwnerInactive)).Then(ForOwner);

    [Fact]
    public void A_reason_is_taken_back_only_by_itself() =>
        Given<Account>(Opened, ByBank, ForOwner)
            .When(account => account.Unfreeze(FreezeReason.OwnerInactive))
            .When(account => account.Withdraw(1m, ""))
            .ThenRejected("account_frozen");

    [Fact]
    public void The_same_reason_again_changes_nothing()
    {
        Given<Account>(Opened, ByBank).When(account => account.Freeze(FreezeReason.ByBank)).ThenNothing();
        Given<Account>(Opened, ByBank).When(account => account.Unfreeze(FreezeReason.OwnerInactive)).ThenNothing();
    }

    [Fact]
    public void No_money_moves_on_a_frozen_account()
    {
        Given<Account>(Opened, TenDeposited, ByBank).When(account => account.Deposit(1m, "")).ThenRejected("account_frozen");
        Given<Account>(Opened, TenDeposited, ByBank).When(account => account.Withdraw(1m, "")).ThenRejected("account_frozen");
    }

    [Fact]
    public void A_frozen_account_is_not_closed() =>
        Given<Account>(Opened, ForOwner).When(account => account.Close()).ThenRejected("account_frozen");

    [Fact]
    public void A_closed_account_is_neither_frozen_nor_unfrozen()
    {
        Given<Account>(Opened, new AccountClosed()).When(account => account.Freeze(FreezeReason.ByBank)).ThenRejected("account_closed");
        Given<Account>(Opened, new AccountClosed()).When(account => account.Unfreeze(FreezeReason.ByBank)).ThenRejected("account_closed");
    }

    [Fact]
    public void An_account_follows_its_owner_and_takes_back_nothing_but_that()
    {
        Given<Account>(Opened).When(account => account.FollowOwner(mayWork: false)).Then(ForOwner);
        Given<Account>(Opened, ForOwner).When(account => account.FollowOwner(mayWork: false)).ThenNothing();
        Given<Account>(Opened, ForOwner).When(account => account.FollowOwner(mayWork: true)).Then(new AccountUnfrozen(FreezeReason.OwnerInactive));
        Given<Account>(Opened, ByBank).When(account => account.FollowOwner(mayWork: true)).ThenNothing();
        Given<Account>(Opened, new AccountClosed()).When(account => account.FollowOwner(mayWork: false)).ThenNothing();
    }
}
