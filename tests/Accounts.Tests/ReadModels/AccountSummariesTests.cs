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
    private static readonly AccountSummary New = new(Id, 1, "Ada Lovelace", "EUR", 0m, AccountStatus.Open, Start, LastMovementAt: null);

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
