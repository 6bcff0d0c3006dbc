using Monolith.Accounts.Domain;
using Monolith.Accounts.ReadModels;
using Monolith.Testing;
using Xunit;
using static Monolith.Testing.ProjectionScenario;

[assembly: AssemblyFixture(typeof(PostgresFixture))]

namespace Monolith.Accounts.Tests.ReadModels;

public class AccountProjectionLawsTests(PostgresFixture postgres)
{
    private static ProjectionScenario History
    {
        get
        {
            var euro = Contracts.Currency.Parse("EUR");
            Guid[] accounts = [.. Enumerable.Range(0, 4).Select(_ => Guid.CreateVersion7())];
            Guid[] transfers = [.. Enumerable.Range(0, 3).Select(_ => Guid.CreateVersion7())];
            var history = GivenEvents<Account>(accounts[0], new AccountOpened("Ada Lovelace", euro));
            foreach (var account in accounts[1..])
            {
                history.AndEvents<Account>(account, new AccountOpened("Bob", euro), new Deposited(10m, "gift", 10m), new Withdrawn(4.50m, "lunch", 5.50m));
            }

            return history
                .AndEvents<Account>(accounts[0], new Deposited(1m, "", 1m), new OverdraftAgreed(5m), new AccountFrozen(FreezeReason.ByBank), new AccountUnfrozen(FreezeReason.ByBank))
                .AndEvents<Transfer>(
                    transfers[0], new TransferRequested(new(accounts[0], accounts[2], 1m, euro, "gift"), 4, 3, ProjectionScenario.Start.AddMinutes(1)), new TransferDebited(5))
                .AndEvents<Account>(accounts[0], new TransferSent(transfers[0], accounts[2], 1m, "gift", 0m))
                .AndEvents<Account>(accounts[2], new TransferReceived(transfers[0], accounts[0], 1m, "gift", 6.50m))
                .AndEvents<Account>(accounts[0], new TransferSettled(transfers[0]))
                .AndEvents<Transfer>(transfers[0], new TransferCredited(), new TransferCompleted())
                .AndEvents<Transfer>(
                    transfers[1], new TransferRequested(new(accounts[0], accounts[3], 1m, euro, ""), 6, 3, ProjectionScenario.Start.AddMinutes(1)), new TransferRefused("account_closed"))
                .AndEvents<Account>(accounts[0], new TransferSent(transfers[2], accounts[1], 2m, "", -2m), new TransferReturned(transfers[2], accounts[1], 2m, "", 0m))
                .AndEvents<Account>(accounts[1], new Withdrawn(5.50m, "rest", 0m), new AccountClosed());
        }
    }

    [Fact]
    public Task Daily_totals_survive_crashes_and_rebuilds() => History.HoldsTheLawsOf(postgres, new DailyTotals());

    [Fact]
    public Task Transfers_survive_crashes_and_rebuilds() => History.HoldsTheLawsOf(postgres, new TransferSummaries());

    [Fact]
    public Task Summaries_survive_crashes_and_rebuilds() => History.HoldsTheLawsOf(postgres, new AccountSummaries());

    [Fact]
    public Task Statements_survive_crashes_and_rebuilds() => History.HoldsTheLawsOf(postgres, new Statements());
}
