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
    public void What_a_transfer_moves_is_a_line_that_names_it_and_the_other_account()
    {
        var (transfer, other) = (Guid.CreateVersion7(), Guid.CreateVersion7());

        Assert.Equal((MovementKind.TransferSent, transfer, other), Of(new TransferSent(transfer, other, 1m, "rent", 2m)));
        Assert.Equal((MovementKind.TransferReceived, transfer, other), Of(new TransferReceived(transfer, other, 1m, "rent", 2m)));
        Assert.Equal((MovementKind.TransferReturned, transfer, other), Of(new TransferReturned(transfer, other, 1m, "rent", 2m)));

        static (MovementKind, Guid?, Guid?) Of(object @event)
        {
            var line = Statements.Apply(view: null, Envelope(@event))!;
            Assert.Equal((1m, "rent", 2m), (line.Amount, line.Reference, line.Balance));
            return (line.Kind, line.TransferId, line.Counterparty);
        }
    }

    [Fact]
    public void What_moves_no_money_is_no_line()
    {
        Assert.Empty(Statements.Keys(Envelope(new AccountFrozen(FreezeReason.ByBank))));
        Assert.Empty(Statements.Keys(Envelope(new TransferDeclined(Guid.CreateVersion7(), "account_frozen"))));
        Assert.Empty(Statements.Keys(Envelope(new TransferSettled(Guid.CreateVersion7()))));
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
