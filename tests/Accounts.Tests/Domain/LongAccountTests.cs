using Monolith.Accounts.Contracts;
using Monolith.Accounts.Domain;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.Testing;
using Npgsql;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresFixture))]

namespace Monolith.Accounts.Tests.Domain;

public sealed class LongAccountTests(PostgresFixture postgres)
{
    private const int Movements = 10_000;
    private const int Together = 250;

    private static readonly DomainModel Model = new DomainModelBuilder().Add(typeof(Account).Assembly).Build();

    [Fact]
    public async Task An_account_with_10_000_movements_loads_from_a_snapshot_and_at_most_99_events()
    {
        var ct = TestContext.Current.CancellationToken;
        await using var database = await postgres.CreateDatabase(ct);
        await using var dataSource = NpgsqlDataSource.Create(ConnectionStrings.Tune(database.ConnectionString));
        await new Migrator(dataSource, Model).Migrate(ct);
        await new Tenants(dataSource).Add("acme", ct: ct);
        await using var store = new PostgresEventStore(dataSource, Model);
        using var operation = new OperationContext("acme", EventMetadata.Empty).Begin();

        var id = await Open(new(store, Model), ct);
        await store.DrainSnapshots(ct);
        var loaded = await store.Load<AccountState>(new("acme", "account", id), ct: ct);

        Assert.Equal(Movements + 1, loaded.Version);
        Assert.Equal(Movements * 0.01m, loaded.State.Balance);
        Assert.InRange(loaded.EventsRead, 0, 99);
        Assert.True(loaded.SnapshotVersion > 0);
    }

    private static async Task<Guid> Open(AggregateRepository<Account> accounts, CancellationToken ct)
    {
        var account = new Account(Guid.CreateVersion7());
        account.Open("Ada Lovelace", Currency.Parse("EUR"));
        for (var movement = 1; movement <= Movements; movement++)
        {
            account.Deposit(0.01m, "interest");
            if (movement % Together == 0)
            {
                await accounts.Save(account, ct);
            }
        }

        return account.Id;
    }
}
