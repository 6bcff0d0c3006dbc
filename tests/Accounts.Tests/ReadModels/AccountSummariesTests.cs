using Monolith.Accounts.Contracts;
using Monolith.Accounts.Domain;
using Monolith.Accounts.ReadModels;
using Xunit;
using static Monolith.Testing.ProjectionScenario;

namespace Monolith.Accounts.Tests.ReadModels;

public class AccountSummariesTests
{
    private static readonly Guid Id = Guid.CreateVersion7();
    private static readonly AccountOpened Opened = new("Ada Lovelace", Currency.Parse("EUR"));
    private static readonly AccountSummary New = new(Id, 1, "Ada Lovelace", Owner: null, "EUR", 0.00m, 0.00m, AccountStatus.Open, FrozenFor: [], Start, LastMovementAt: null);

    [Fact]
    public void A_new_account_is_open_and_empty() =>
        GivenEvents<Account>(Id, Opened).ProjectedBy(new AccountSummaries()).ThenView(Id, New);

    [Fact]
    public void Movements_change_the_balance_and_say_when() =>
        GivenEvents<Account>(Id, Opened, new Deposited(10m, "gift", 10m), new Withdrawn(4m, "lunch", 6m))
            .ProjectedBy(new AccountSummaries())
            .ThenView(Id, New with { Version = 3, Balance = 6m, LastMovementAt = Start.AddSeconds(2) });

    [Fact]
    public void A_closed_account_is_still_shown() =>
        GivenEvents<Account>(Id, Opened, new AccountClosed())
            .ProjectedBy(new AccountSummaries())
            .ThenView(Id, New with { Version = 2, Status = AccountStatus.Closed });

    [Fact]
    public void An_account_shows_its_owner_its_overdraft_and_why_it_is_frozen()
    {
        var owner = Guid.CreateVersion7();

        GivenEvents<Account>(Id, Opened with { Owner = owner }, new OverdraftAgreed(100m), new AccountFrozen(FreezeReason.OwnerInactive), new AccountFrozen(FreezeReason.ByBank))
            .ProjectedBy(new AccountSummaries())
            .ThenView(Id, New with { Version = 4, Owner = owner, Overdraft = 100m, FrozenFor = [FreezeReason.ByBank, FreezeReason.OwnerInactive] });
        GivenEvents<Account>(Id, Opened, new AccountFrozen(FreezeReason.ByBank), new AccountUnfrozen(FreezeReason.ByBank))
            .ProjectedBy(new AccountSummaries())
            .ThenView(Id, New with { Version = 3 });
    }

    [Fact]
    public void Transfers_change_the_balance_too()
    {
        var (transfer, other) = (Guid.CreateVersion7(), Guid.CreateVersion7());

        GivenEvents<Account>(
                Id, Opened, new TransferReceived(transfer, other, 10m, "", 10m), new TransferSent(transfer, other, 4m, "", 6m), new TransferReturned(transfer, other, 4m, "", 10m))
            .ProjectedBy(new AccountSummaries())
            .ThenView(Id, New with { Version = 4, Balance = 10m, LastMovementAt = Start.AddSeconds(3) });
    }

    [Fact]
    public void Each_account_has_its_own_summary()
    {
        var other = Guid.CreateVersion7();

        GivenEvents<Account>(Id, Opened)
            .AndEvents<Account>(other, Opened with { Holder = "Bob" }, new Deposited(1m, "", 1m))
            .ProjectedBy(new AccountSummaries())
            .ThenView(Id, New)
            .ThenView(other, view => Assert.Equal(("Bob", 1m), (view.Holder, view.Balance)));
    }
}
