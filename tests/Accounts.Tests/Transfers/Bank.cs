using Monolith.Accounts.Contracts;
using Monolith.Accounts.Domain;
using Monolith.Accounts.Features;
using Monolith.Accounts.Transfers;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using Npgsql;
using Xunit;

namespace Monolith.Accounts.Tests.Transfers;

/// <summary>Accounts and transfers on a real store, and hosts that run them and may crash at any step.</summary>
internal sealed class Bank : IAsyncDisposable
{
    private const string Tenant = "acme";
    private static readonly DomainModel Model = new DomainModelBuilder().Add(typeof(Account).Assembly).Build();

    private static readonly DatabaseTemplate Template = new("bank", async connectionString =>
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await new Migrator(source, Model).Migrate();
        await new Tenants(source).Add(Tenant);
    });

    private readonly TestDatabase database;
    private readonly NpgsqlDataSource dataSource;
    private readonly PostgresEventStore store;

    private Bank(TestDatabase database)
    {
        this.database = database;
        dataSource = NpgsqlDataSource.Create(ConnectionStrings.Tune(database.ConnectionString));
        store = new(dataSource, Model);
        Accounts = new(store, Model);
        Transfers = new(store, Model);
    }

    /// <summary>The caller begins it, because it flows down, not up.</summary>
    public static OperationContext Operation { get; } = new(Tenant, EventMetadata.Empty);

    public static TransferOptions Options { get; } = new();

    public SetClock Time { get; } = new();

    public AggregateRepository<Account> Accounts { get; }

    public AggregateRepository<Transfer> Transfers { get; }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<Bank> Open(PostgresFixture postgres) => new(await postgres.CreateDatabase(Template, Ct));

    /// <summary>A host that goes on with transfers; what happens between it and the store is the test's to say.</summary>
    public TransferProcess Host(Func<StoreCall, Task>? disturb = null)
    {
        IEventStore seen = disturb is null ? store : new DisturbedStore(store, disturb);
        return new(new(seen, new(seen, Model)), new(seen, Model), Time);
    }

    public async Task<Guid> NewAccount(decimal balance, string currency = "EUR")
    {
        var account = new Account(Guid.CreateVersion7());
        account.Open("Ada", Currency.Parse(currency));
        if (balance > 0m)
        {
            account.Deposit(balance, "");
        }

        return (await Accounts.Save(account, Ct)).Id;
    }

    public Task Change(Guid account, Action<Account> decision) => Accounts.Update(account, decision, ct: Ct);

    public async Task<Guid> Request(Guid from, Guid to, decimal amount, Guid? id = null)
    {
        var command = new RequestTransfer(id ?? Guid.CreateVersion7(), from, to, amount, "");
        return (await RequestTransferHandler.Handle(command, Transfers, Accounts, Options, Time, Ct)).Id;
    }

    public async Task<decimal> BalanceOf(Guid account) => (await Accounts.Load(account, ct: Ct)).State.Balance;

    public async Task<TransferStatus> StatusOf(Guid transfer) => (await Transfers.Load(transfer, ct: Ct)).State.Status;

    /// <summary>The events of an account that are steps of transfers, oldest first.</summary>
    public Task<List<ITransferStep>> StepsOf(Guid account) =>
        store.Read(Stream(account), StreamRange.All, Ct).Select(envelope => envelope.Event).OfType<ITransferStep>().ToListAsync(Ct).AsTask();

    /// <summary>Archives an account as the command does: it says no to all that comes first.</summary>
    public async Task Archive(Guid account)
    {
        var saved = await Accounts.Update(account, leaving => leaving.Archive(), ct: Ct);
        await store.Archive(Stream(account), ExpectedVersion.Exactly(saved.Version), Ct);
    }

    /// <summary>Brings an account back as the command does.</summary>
    public async Task Restore(Guid account)
    {
        await store.Restore(Stream(account), Ct);
        await Accounts.Update(account, returning => returning.Restore(), ct: Ct);
    }

    /// <summary>Archives an account without its knowing.</summary>
    public Task ArchiveUnsaid(Guid account) => store.Archive(Stream(account), ExpectedVersion.Any, Ct);

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        await dataSource.DisposeAsync();
        await database.DisposeAsync();
    }

    private static StreamId Stream(Guid account) => new(Tenant, "account", account);
}
