using Monolith.Accounts.Contracts;
using Monolith.Accounts.Domain;
using Monolith.Accounts.ReadModels;
using Monolith.Testing;
using Xunit;
using static Monolith.Testing.ProjectionScenario;

namespace Monolith.Accounts.Tests.ReadModels;

public class DailyTotalsTests(PostgresFixture postgres)
{
    private static readonly DateOnly FirstDay = DateOnly.FromDateTime(Start.UtcDateTime);

    [Fact]
    public async Task Movements_of_all_accounts_are_added_up_by_day_and_currency()
    {
        var (one, two, dollars, other) = (Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7());
        var (euro, transfer) = (Currency.Parse("EUR"), Guid.CreateVersion7());

        await using var tables = await GivenEvents<Account>(one, new AccountOpened("Ada", euro), new Deposited(10m, "", 10m), new Withdrawn(1.50m, "", 8.50m))
            .AndEvents<Account>(two, new AccountOpened("Bob", euro), new Deposited(5m, "", 5m), new TransferSent(transfer, other, 2m, "", 3m), new TransferReturned(transfer, other, 2m, "", 5m))
            .AndEvents<Account>(dollars, new AccountOpened("Cleo", Currency.Parse("USD")), new TransferReceived(transfer, other, 7m, "", 7m))
            .At(Start.AddDays(1))
            .AndEvents<Account>(one, new Deposited(1m, "", 9.50m), new AccountFrozen(FreezeReason.ByBank))
            .ProjectedBy(new DailyTotals(), postgres);

        await tables.ThenRows(
            "select tenant_id, day, currency, deposited, withdrawn, sent, received, returned, movements from daily_totals order by day, currency",
            [TenantId, FirstDay, "EUR", 15m, 1.50m, 2m, 0m, 2m, 5L],
            [TenantId, FirstDay, "USD", 0m, 0m, 0m, 7m, 0m, 1L],
            [TenantId, FirstDay.AddDays(1), "EUR", 1m, 0m, 0m, 0m, 0m, 1L]);
    }
}
