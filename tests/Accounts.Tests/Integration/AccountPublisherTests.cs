using Monolith.Accounts.Domain;
using Monolith.Accounts.Integration;
using Monolith.Contracts;
using Monolith.EventSourcing;
using Xunit;
using Currency = Monolith.Accounts.Contracts.Currency;
using Told = Monolith.Accounts.Contracts.Events;

namespace Monolith.Accounts.Tests.Integration;

public class AccountPublisherTests
{
    private static readonly Guid Id = Guid.CreateVersion7();
    private static readonly Guid Other = Guid.CreateVersion7();
    private static readonly Guid Transfer = Guid.CreateVersion7();
    private static readonly Currency Euro = Currency.Parse("EUR");
    private static readonly Guid EventId = Guid.CreateVersion7();
    private static readonly AccountPublisher Publisher = new();

    [Fact]
    public void An_account_is_told_of_with_its_owner() =>
        Assert.Equal(new Told.AccountOpened(Id, "Ada", Euro, Origin, Other), ToldOf(new AccountOpened("Ada", Euro, Other)));

    [Fact]
    public void Freezing_and_its_end_are_told_with_the_reason()
    {
        Assert.Equal(new Told.AccountFrozen(Id, "by_bank", Origin), ToldOf(new AccountFrozen(FreezeReason.ByBank)));
        Assert.Equal(new Told.AccountUnfrozen(Id, "owner_inactive", Origin), ToldOf(new AccountUnfrozen(FreezeReason.OwnerInactive)));
        Assert.Equal(new Told.OverdraftAgreed(Id, 5m, Origin), ToldOf(new OverdraftAgreed(5m)));
    }

    [Fact]
    public void Going_into_the_archive_and_coming_back_is_told()
    {
        Assert.Equal(new Told.AccountArchived(Id, Origin), ToldOf(new AccountArchived()));
        Assert.Equal(new Told.AccountRestored(Id, Origin), ToldOf(new AccountRestored()));
    }

    [Fact]
    public void What_a_transfer_moves_is_told_for_each_account()
    {
        Assert.Equal(new Told.MoneySent(Id, Transfer, Other, 1m, "rent", 2m, Origin), ToldOf(new TransferSent(Transfer, Other, 1m, "rent", 2m)));
        Assert.Equal(new Told.MoneyReceived(Id, Transfer, Other, 1m, "rent", 2m, Origin), ToldOf(new TransferReceived(Transfer, Other, 1m, "rent", 2m)));
        Assert.Equal(new Told.MoneyReturned(Id, Transfer, Other, 1m, "rent", 2m, Origin), ToldOf(new TransferReturned(Transfer, Other, 1m, "rent", 2m)));
    }

    [Fact]
    public void A_transfer_is_told_of_when_it_is_requested_and_when_it_has_ended()
    {
        Assert.Equal(
            new Told.TransferRequested(Id, Id, Other, 1m, Euro, "rent", Origin), ToldOf(new TransferRequested(new(Id, Other, 1m, Euro, "rent"), 1, 1, DateTimeOffset.UnixEpoch)));
        Assert.Equal(new Told.TransferCompleted(Id, Origin), ToldOf(new TransferCompleted()));
        Assert.Equal(new Told.TransferRefused(Id, "account_frozen", Origin), ToldOf(new TransferRefused("account_frozen")));
        Assert.Equal(new Told.TransferCompensated(Id, Origin), ToldOf(new TransferCompensated()));
    }

    [Fact]
    public void The_steps_between_are_nobodys_business()
    {
        foreach (var @event in new object[] { new TransferDeclined(Transfer, "x"), new TransferSettled(Transfer), new TransferDebited(2), new TransferCredited(), new TransferCreditDeclined("x") })
        {
            Assert.Empty(Publisher.Translate(Envelope(@event)));
        }
    }

    private static Origin Origin { get; } = new("acme", EventId, "account", Id, 3, 7, DateTimeOffset.UnixEpoch);

    private static IIntegrationEvent ToldOf(object @event) => Assert.Single(Publisher.Translate(Envelope(@event)));

    private static EventEnvelope Envelope(object @event) => new()
    {
        EventId = EventId,
        EventType = "account.event",
        TenantId = "acme",
        AggregateId = Id,
        AggregateType = "account",
        Version = 3,
        Position = 7,
        RecordedAt = DateTimeOffset.UnixEpoch,
        Event = @event,
    };
}
