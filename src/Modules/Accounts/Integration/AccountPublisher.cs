using Monolith.Accounts.Domain;
using Monolith.Contracts;
using Monolith.Hosting;
using Told = Monolith.Accounts.Contracts.Events;

namespace Monolith.Accounts.Integration;

/// <summary>What other modules hear of accounts.</summary>
public sealed class AccountPublisher : Publisher
{
    /// <summary>The publisher <c>accounts.publisher</c>.</summary>
    public AccountPublisher() : base("accounts.publisher")
    {
        Reads<Account>();
        Reads<Transfer>();
        On((AccountOpened e, Origin origin) => new Told.AccountOpened(origin.AggregateId, e.Holder, e.Currency, origin, e.Owner));
        On((Deposited e, Origin origin) => new Told.MoneyDeposited(origin.AggregateId, e.Amount, e.Reference, e.Balance, origin));
        On((Withdrawn e, Origin origin) => new Told.MoneyWithdrawn(origin.AggregateId, e.Amount, e.Reference, e.Balance, origin));
        On((OverdraftAgreed e, Origin origin) => new Told.OverdraftAgreed(origin.AggregateId, e.Limit, origin));
        On((AccountFrozen e, Origin origin) => new Told.AccountFrozen(origin.AggregateId, Code(e.Reason), origin));
        On((AccountUnfrozen e, Origin origin) => new Told.AccountUnfrozen(origin.AggregateId, Code(e.Reason), origin));
        On((AccountClosed _, Origin origin) => new Told.AccountClosed(origin.AggregateId, origin));
        On((AccountArchived _, Origin origin) => new Told.AccountArchived(origin.AggregateId, origin));
        On((AccountRestored _, Origin origin) => new Told.AccountRestored(origin.AggregateId, origin));
        On((TransferSent e, Origin origin) => new Told.MoneySent(origin.AggregateId, e.TransferId, e.To, e.Amount, e.Reference, e.Balance, origin));
        On((TransferReceived e, Origin origin) => new Told.MoneyReceived(origin.AggregateId, e.TransferId, e.From, e.Amount, e.Reference, e.Balance, origin));
        On((TransferReturned e, Origin origin) => new Told.MoneyReturned(origin.AggregateId, e.TransferId, e.To, e.Amount, e.Reference, e.Balance, origin));
        On((TransferRequested e, Origin origin) => new Told.TransferRequested(
            origin.AggregateId, e.Terms.From, e.Terms.To, e.Terms.Amount, e.Terms.Currency, e.Terms.Reference, origin));
        On((TransferCompleted _, Origin origin) => new Told.TransferCompleted(origin.AggregateId, origin));
        On((TransferRefused e, Origin origin) => new Told.TransferRefused(origin.AggregateId, e.Reason, origin));
        On((TransferCompensated _, Origin origin) => new Told.TransferCompensated(origin.AggregateId, origin));
    }

    private static string Code(FreezeReason reason) => reason switch
    {
        FreezeReason.ByBank => "by_bank",
        _ => "owner_inactive",
    };
}
