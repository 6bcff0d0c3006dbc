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
        On((AccountOpened e, Origin origin) => new Told.AccountOpened(origin.AggregateId, e.Holder, e.Currency, origin));
        On((Deposited e, Origin origin) => new Told.MoneyDeposited(origin.AggregateId, e.Amount, e.Reference, e.Balance, origin));
        On((Withdrawn e, Origin origin) => new Told.MoneyWithdrawn(origin.AggregateId, e.Amount, e.Reference, e.Balance, origin));
        On((AccountClosed _, Origin origin) => new Told.AccountClosed(origin.AggregateId, origin));
    }
}
