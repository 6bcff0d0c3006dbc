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
            var history = GivenEvents<Account>(accounts[0], new AccountOpened("Ada Lovelace", euro));
            foreach (var account in accounts[1..])
            {
                history.AndEvents<Account>(account, new AccountOpened("Bob", euro), new Deposited(10m, "gift", 10m), new Withdrawn(4.50m, "lunch", 5.50m));
            }

            return history
                .AndEvents<Account>(accounts[0], new Deposited(1m, "", 1m))
                .AndEvents<Account>(accounts[1], new Withdrawn(5.50m, "rest", 0m), new AccountClosed());
        }
    }

    [Fact]
    public Task Summaries_survive_crashes_and_rebuilds() => History.HoldsTheLawsOf(postgres, new AccountSummaries());

    [Fact]
    public Task Statements_survive_crashes_and_rebuilds() => History.HoldsTheLawsOf(postgres, new Statements());
}
