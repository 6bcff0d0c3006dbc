using Monolith.Accounts.Contracts;
using Monolith.Accounts.Domain;
using Monolith.Accounts.ReadModels;
using Monolith.EventSourcing;
using Xunit;

namespace Monolith.Accounts.Tests.ReadModels;

public class StatementsTests
{
    private static readonly Statements Statements = new();

    [Fact]
    public void A_deposit_is_a_line_of_its_own()
    {
        var deposited = Envelope(new Deposited(10m, "gift", 12.50m));

        Assert.Equal([deposited.EventId], Statements.Keys(deposited));
        Assert.Equal(
            new Movement(deposited.EventId, deposited.AggregateId, 3, deposited.RecordedAt, MovementKind.Deposit, 10m, "gift", 12.50m),
            Statements.Apply(view: null, deposited));
    }

    [Fact]
    public void A_withdrawal_is_a_line_of_its_own()
    {
        var withdrawn = Envelope(new Withdrawn(10m, "rent", 2.50m));

        Assert.Equal([withdrawn.EventId], Statements.Keys(withdrawn));
        Assert.Equal(
            new Movement(withdrawn.EventId, withdrawn.AggregateId, 3, withdrawn.RecordedAt, MovementKind.Withdrawal, 10m, "rent", 2.50m),
            Statements.Apply(view: null, withdrawn));
    }

    [Fact]
    public void Opening_and_closing_are_no_lines()
    {
        Assert.Empty(Statements.Keys(Envelope(new AccountOpened("Ada Lovelace", Currency.Parse("EUR")))));
        Assert.Empty(Statements.Keys(Envelope(new AccountClosed())));
    }

    [Fact]
    public void The_same_event_again_gives_the_same_line()
    {
        var deposited = Envelope(new Deposited(10m, "gift", 12.50m));
        var once = Statements.Apply(view: null, deposited);

        Assert.Equal(once, Statements.Apply(once, deposited));
    }

    private static EventEnvelope Envelope(object @event) => new()
    {
        EventId = Guid.CreateVersion7(),
        EventType = "account.event",
        TenantId = "acme",
        AggregateId = Guid.CreateVersion7(),
        AggregateType = "account",
        Version = 3,
        Position = 7,
        RecordedAt = DateTimeOffset.UnixEpoch,
        Event = @event,
    };
}
