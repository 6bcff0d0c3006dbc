using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;

var connectionString = Environment.GetEnvironmentVariable("EVENTSTORE_POSTGRES")
    ?? throw new InvalidOperationException("EVENTSTORE_POSTGRES must hold the connection string of a PostgreSQL database.");
var model = new DomainModelBuilder().Add(typeof(Account).Assembly).Build();
await using var dataSource = NpgsqlDataSource.Create(ConnectionStrings.Tune(connectionString));
await new Migrator(dataSource, model).Migrate();
await using var store = new PostgresEventStore(dataSource, model);
await store.Tenants.Add("acme");

using var operation = new OperationContext("acme", new() { UserId = "ada" }).Begin();
var accounts = new AggregateRepository<Account>(store, model);
var account = new Account(Guid.CreateVersion7());
account.Open("Ada");
await accounts.Save(account);
await accounts.Update(account.Id, it => it.Move(25.50m));
await accounts.Update(account.Id, it => it.Move(-5m));
try
{
    await accounts.Update(account.Id, it => it.Move(-100m));
}
catch (RejectedException refused)
{
    Console.WriteLine($"refused: {refused.Code}");
}

Console.WriteLine($"now: {(await accounts.Load(account.Id)).State}");
Console.WriteLine($"at version 2: {(await accounts.Load(account.Id, AsOf.Version(2))).State}");
await foreach (var envelope in store.Read(new("acme", "account", account.Id), StreamRange.All))
{
    Console.WriteLine($"{envelope.Version} {envelope.EventType} by {envelope.Metadata.UserId}");
}

[EventType("account.opened")] public sealed record Opened(string Holder);
[EventType("account.moved")] public sealed record Moved(decimal Amount);

public sealed record AccountState(string? Holder, decimal Balance) : IState<AccountState>
{
    public static AccountState Initial { get; } = new(null, 0m);
    public AccountState Apply(object @event) => @event switch
    {
        Opened e => this with { Holder = e.Holder },
        Moved e => this with { Balance = Balance + e.Amount },
        _ => throw new UnknownEventException(@event),
    };
}

[AggregateType("account")]
public sealed class Account(Guid id) : Aggregate<AccountState>(id)
{
    public void Open(string holder) => Raise(new Opened(holder));
    public void Move(decimal amount)
    {
        Require(State.Balance + amount >= 0, new("insufficient_funds", "The balance does not cover the amount."));
        Raise(new Moved(amount));
    }
}
