using Monolith.Accounts.Contracts;
using Monolith.EventSourcing;

namespace Monolith.Accounts.Domain;

// Stored for ever: a field may be added with a default, never renamed and never removed.
// A movement carries the balance after it, so that a statement needs no sum over all movements before.

/// <summary>An account was opened, empty.</summary>
[EventType("account.opened")]
public sealed record AccountOpened(string Holder, Currency Currency);

/// <summary>Money came in.</summary>
[EventType("account.deposited")]
public sealed record Deposited(decimal Amount, string Reference, decimal Balance);

/// <summary>Money went out.</summary>
[EventType("account.withdrawn")]
public sealed record Withdrawn(decimal Amount, string Reference, decimal Balance);

/// <summary>The account was closed, empty. Nothing follows.</summary>
[EventType("account.closed")]
public sealed record AccountClosed;

/// <summary>What an account remembers of its events: enough to decide, no more.</summary>
/// <param name="Status">Where it is in its life.</param>
/// <param name="Currency">The currency of all its amounts.</param>
/// <param name="Balance">What it holds; never below zero.</param>
public sealed record AccountState(AccountStatus Status, Currency Currency, decimal Balance) : IState<AccountState>
{
    /// <inheritdoc/>
    public static AccountState Initial { get; } = new(AccountStatus.None, Currency.None, 0m);

    /// <inheritdoc/>
    public AccountState Apply(object @event) => @event switch
    {
        AccountOpened e => new(AccountStatus.Open, e.Currency, e.Currency.Exact(0m)),
        Deposited e => this with { Balance = e.Balance },
        Withdrawn e => this with { Balance = e.Balance },
        AccountClosed => this with { Status = AccountStatus.Closed },
        _ => throw new UnknownEventException(@event),
    };
}

/// <summary>Where an account is in its life.</summary>
public enum AccountStatus
{
    /// <summary>Not opened yet.</summary>
    None,

    /// <summary>In use.</summary>
    Open,

    /// <summary>Closed for good.</summary>
    Closed,
}

/// <summary>Money of one holder in one currency. The balance never goes below zero.</summary>
/// <param name="id">The account's id, chosen by whoever opens it.</param>
[AggregateType("account")]
public sealed class Account(Guid id) : Aggregate<AccountState>(id)
{
    /// <summary>The largest amount of one movement, so that no sum of movements can overflow.</summary>
    public const decimal MaxAmount = 1_000_000_000_000m;

    /// <summary>Opens the account, empty.</summary>
    public void Open(string holder, Currency currency)
    {
        Require(State.Status == AccountStatus.None, Refusals.AlreadyOpened);
        Require(currency != Currency.None, Refusals.NoCurrency);
        Raise(new AccountOpened(holder, currency));
    }

    /// <summary>Puts money in.</summary>
    public void Deposit(decimal amount, string reference)
    {
        RequireOpen();
        RequireAmount(amount);
        Raise(new Deposited(Exact(amount), reference, Exact(State.Balance + amount)));
    }

    /// <summary>Takes money out, up to the balance.</summary>
    public void Withdraw(decimal amount, string reference)
    {
        RequireOpen();
        RequireAmount(amount);
        Require(amount <= State.Balance, Refusals.InsufficientFunds);
        Raise(new Withdrawn(Exact(amount), reference, Exact(State.Balance - amount)));
    }

    /// <summary>Closes the account once it is empty. To close a closed account changes nothing.</summary>
    public void Close()
    {
        if (State.Status == AccountStatus.Closed)
        {
            return;
        }

        RequireOpen();
        Require(State.Balance == 0m, Refusals.NotEmpty);
        Raise(new AccountClosed());
    }

    private decimal Exact(decimal amount) => State.Currency.Exact(amount);

    private void RequireOpen()
    {
        Require(State.Status != AccountStatus.None, Refusals.NotOpened);
        Require(State.Status != AccountStatus.Closed, Refusals.Closed);
    }

    private void RequireAmount(decimal amount)
    {
        Require(amount > 0m, Refusals.NotPositive);
        Require(amount <= MaxAmount, Refusals.TooMuch);
        Require(State.Currency.Fits(amount), Refusals.TooFine);
    }

    private static class Refusals
    {
        public static readonly Rejection AlreadyOpened = new("account_exists", "This account is already open.");
        public static readonly Rejection NoCurrency = new("no_currency", "An account needs a currency.");
        public static readonly Rejection NotOpened = new("account_not_open", "This account was never opened.");
        public static readonly Rejection Closed = new("account_closed", "This account is closed.");
        public static readonly Rejection NotPositive = new("amount_not_positive", "An amount must be greater than zero.");
        public static readonly Rejection TooMuch = new("amount_too_large", "An amount must not be greater than 1,000,000,000,000.");
        public static readonly Rejection TooFine = new("amount_too_fine", "The amount has more decimals than the account's currency.");
        public static readonly Rejection InsufficientFunds = new("insufficient_funds", "The balance does not cover the amount.");
        public static readonly Rejection NotEmpty = new("balance_not_zero", "An account can be closed only when its balance is zero.");
    }
}
