using Monolith.EventSourcing;
using Monolith.Testing;
using Npgsql;

namespace Monolith.EventStore.Tests;

[EventType("ledger.entered")]
public sealed record Entered(decimal Amount, string Note);

[EventType("ledger.named")]
public sealed record Named(string Name);

public sealed record LedgerState(decimal Sum, int Entries, string? Name) : IState<LedgerState>, IClaimant
{
    public static LedgerState Initial { get; } = new(0m, 0, null);

    public IEnumerable<Claim> Claims => Name is null ? [] : [new("name", Name)];

    public LedgerState Apply(object @event) => @event switch
    {
        Entered e => this with { Sum = Sum + e.Amount, Entries = Entries + 1 },
        Named e => this with { Name = e.Name },
        _ => throw new UnknownEventException(@event),
    };
}

[AggregateType("ledger")]
public sealed class Ledger(Guid id) : Aggregate<LedgerState>(id)
{
    /// <summary>The types of a ledger alone.</summary>
    public static DomainModel Model { get; } =
        new DomainModelBuilder().AddEvent(typeof(Entered)).AddEvent(typeof(Named)).AddAggregate(typeof(Ledger)).Build();

    /// <summary>A database that is ready for ledgers of the tenant <c>acme</c>.</summary>
    public static DatabaseTemplate Database { get; } = new("ledger", async connectionString =>
    {
        await using var dataSource = NpgsqlDataSource.Create(connectionString);
        await new Migrator(dataSource, Model).Migrate();
        await new Tenants(dataSource).Add("acme");
    });

    public void Enter(decimal amount, string note) => Raise(new Entered(amount, note));

    public void Rename(string name)
    {
        if (State.Name != name)
        {
            Raise(new Named(name));
        }
    }
}
