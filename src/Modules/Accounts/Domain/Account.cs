using Monolith.Accounts.Contracts;
using Monolith.EventSourcing;

namespace Monolith.Accounts.Domain;

// Stored for ever: a field may be added with a default, never renamed and never removed.
// A movement carries the balance after it, so that a statement needs no sum over all movements before.

/// <summary>An account was opened, empty. One of earlier days has no owner.</summary>
[EventType("account.opened")]
public sealed record AccountOpened(string Holder, Currency Currency, Guid? Owner = null);

/// <summary>Money came in.</summary>
[EventType("account.deposited")]
public sealed record Deposited(decimal Amount, string Reference, decimal Balance);

/// <summary>Money went out.</summary>
[EventType("account.withdrawn")]
public sealed record Withdrawn(decimal Amount, string Reference, decimal Balance);

/// <summary>The balance may go down to so much below zero from now on.</summary>
[EventType("account.overdraft_agreed")]
public sealed record OverdraftAgreed(decimal Limit);

/// <summary>There is a reason for which no money moves.</summary>
[EventType("account.frozen")]
public sealed record AccountFrozen(FreezeReason Reason);

/// <summary>That reason is gone; another may be left.</summary>
[EventType("account.unfrozen")]
public sealed record AccountUnfrozen(FreezeReason Reason);

/// <summary>The account was closed, empty. No money moves on it any more.</summary>
[EventType("account.closed")]
public sealed record AccountClosed;

/// <summary>The account goes into the archive. It is the account's no to every transfer that it has no part in by now, whenever that asks.</summary>
[EventType("account.archived")]
public sealed record AccountArchived;

/// <summary>The account is back from the archive, and as it was.</summary>
[EventType("account.restored")]
public sealed record AccountRestored;

/// <summary>What an account remembers of its events: enough to decide, no more.</summary>
/// <param name="Status">Where it is in its life.</param>
/// <param name="Currency">The currency of all its amounts.</param>
/// <param name="Balance">What it holds; never below zero by more than the overdraft.</param>
/// <param name="Overdraft">How far below zero the balance may go.</param>
/// <param name="IsFrozenByBank">Whether the bank has frozen it.</param>
/// <param name="IsFrozenForOwner">Whether it is frozen because its owner may not work.</param>
/// <param name="TransfersUnderway">How many transfers have left it and are neither settled nor returned.</param>
/// <param name="IsArchived">Whether it went into the archive and has not come back.</param>
public sealed record AccountState(
    AccountStatus Status, Currency Currency, decimal Balance, decimal Overdraft, bool IsFrozenByBank, bool IsFrozenForOwner, int TransfersUnderway, bool IsArchived)
    : IState<AccountState>
{
    /// <inheritdoc/>
    public static AccountState Initial { get; } = new(AccountStatus.None, Currency.None, 0m, 0m, IsFrozenByBank: false, IsFrozenForOwner: false, 0, IsArchived: false);

    /// <summary>Whether there is a reason for which no money moves.</summary>
    public bool IsFrozen => IsFrozenByBank || IsFrozenForOwner;

    /// <inheritdoc/>
    public AccountState Apply(object @event) => @event switch
    {
        AccountOpened e => Initial with { Status = AccountStatus.Open, Currency = e.Currency, Balance = e.Currency.Exact(0m), Overdraft = e.Currency.Exact(0m) },
        Deposited e => this with { Balance = e.Balance },
        Withdrawn e => this with { Balance = e.Balance },
        OverdraftAgreed e => this with { Overdraft = e.Limit },
        AccountFrozen e => Frozen(e.Reason, isFrozen: true),
        AccountUnfrozen e => Frozen(e.Reason, isFrozen: false),
        AccountClosed => this with { Status = AccountStatus.Closed },
        AccountArchived => this with { IsArchived = true },
        AccountRestored => this with { IsArchived = false },
        TransferSent e => this with { Balance = e.Balance, TransfersUnderway = TransfersUnderway + 1 },
        TransferReceived e => this with { Balance = e.Balance },
        TransferReturned e => this with { Balance = e.Balance, TransfersUnderway = TransfersUnderway - 1 },
        TransferSettled => this with { TransfersUnderway = TransfersUnderway - 1 },
        TransferDeclined => this,
        _ => throw new UnknownEventException(@event),
    };

    private AccountState Frozen(FreezeReason reason, bool isFrozen) => reason switch
    {
        FreezeReason.ByBank => this with { IsFrozenByBank = isFrozen },
        _ => this with { IsFrozenForOwner = isFrozen },
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

/// <summary>Why no money moves on an account.</summary>
public enum FreezeReason
{
    /// <summary>The bank wants it so.</summary>
    ByBank,

    /// <summary>The owner is deactivated or deleted.</summary>
    OwnerInactive,
}

/// <summary>Money of one holder in one currency. The balance never goes below zero, or below the agreed overdraft.</summary>
/// <param name="id">The account's id, chosen by whoever opens it.</param>
[AggregateType(TypeName)]
public sealed partial class Account(Guid id) : Aggregate<AccountState>(id)
{
    internal const string TypeName = "account";

    /// <summary>Why an account in the archive takes no part in anything.</summary>
    public const string ArchivedCode = "account_archived";

    /// <summary>The largest amount of one movement, so that no sum of movements can overflow.</summary>
    public const decimal MaxAmount = 1_000_000_000_000m;

    /// <summary>Opens the account, empty.</summary>
    public void Open(string holder, Currency currency, Guid? owner = null)
    {
        Require(State.Status == AccountStatus.None, Refusals.AlreadyOpened);
        Require(currency != Currency.None, Refusals.NoCurrency);
        Raise(new AccountOpened(holder, currency, owner));
    }

    /// <summary>Puts money in.</summary>
    public void Deposit(decimal amount, string reference)
    {
        RequireInUse();
        RequireAmount(amount);
        Raise(new Deposited(Exact(amount), reference, Exact(State.Balance + amount)));
    }

    /// <summary>Takes money out, up to the balance and the agreed overdraft.</summary>
    public void Withdraw(decimal amount, string reference)
    {
        RequireInUse();
        RequireAmount(amount);
        RequireFunds(amount);
        Raise(new Withdrawn(Exact(amount), reference, Exact(State.Balance - amount)));
    }

    /// <summary>Lets the balance go below zero, by so much at the most; 0 takes the agreement back. Refused while the balance is below that.</summary>
    public void AgreeOverdraft(decimal limit)
    {
        RequireOpen();
        Require(limit >= 0m, Refusals.NegativeOverdraft);
        Require(limit <= MaxAmount, Refusals.TooMuch);
        Require(State.Currency.Fits(limit), Refusals.TooFine);
        Require(State.Balance >= -limit, Refusals.OverdraftInUse);
        if (limit != State.Overdraft)
        {
            Raise(new OverdraftAgreed(Exact(limit)));
        }
    }

    /// <summary>Keeps money from moving, for one more reason. The same reason again changes nothing.</summary>
    public void Freeze(FreezeReason reason)
    {
        RequireOpen();
        if (!IsFrozenFor(reason))
        {
            Raise(new AccountFrozen(reason));
        }
    }

    /// <summary>Takes a reason back; money moves again when none is left. A reason that is not there changes nothing.</summary>
    public void Unfreeze(FreezeReason reason)
    {
        RequireOpen();
        if (IsFrozenFor(reason))
        {
            Raise(new AccountUnfrozen(reason));
        }
    }

    /// <summary>Freezes the account while its owner may not work, and takes that back when the owner may. A closed or archived account stays as it is.</summary>
    public void FollowOwner(bool mayWork)
    {
        if (State.Status != AccountStatus.Open || State.IsArchived)
        {
            return;
        }

        if (mayWork)
        {
            Unfreeze(FreezeReason.OwnerInactive);
        }
        else
        {
            Freeze(FreezeReason.OwnerInactive);
        }
    }

    /// <summary>Closes the account once it is empty and nothing can come back to it. To close a closed account changes nothing.</summary>
    public void Close()
    {
        if (State.Status == AccountStatus.Closed)
        {
            return;
        }

        RequireInUse();
        Require(State.Balance == 0m, Refusals.NotEmpty);
        Require(State.TransfersUnderway == 0, Refusals.TransferUnderway);
        Raise(new AccountClosed());
    }

    /// <summary>
    /// Takes part in nothing any more, for whoever archives the account next. Refused while money that has left it may come back. Once more changes nothing.
    /// </summary>
    public void Archive()
    {
        if (!State.IsArchived)
        {
            Require(State.TransfersUnderway == 0, Refusals.TransferUnderway);
            Raise(new AccountArchived());
        }
    }

    /// <summary>Takes part again, out of the archive. An account that was not in it stays as it is.</summary>
    public void Restore()
    {
        if (State.IsArchived)
        {
            Raise(new AccountRestored());
        }
    }

    private bool IsFrozenFor(FreezeReason reason) => reason == FreezeReason.ByBank ? State.IsFrozenByBank : State.IsFrozenForOwner;

    private decimal Exact(decimal amount) => State.Currency.Exact(amount);

    private void RequireOpen()
    {
        Require(State.Status != AccountStatus.None, Refusals.NotOpened);
        Require(State.Status != AccountStatus.Closed, Refusals.Closed);
        Require(!State.IsArchived, Refusals.Archived);
    }

    private void RequireInUse()
    {
        RequireOpen();
        Require(!State.IsFrozen, Refusals.Frozen);
    }

    private void RequireAmount(decimal amount)
    {
        Require(amount > 0m, Refusals.NotPositive);
        Require(amount <= MaxAmount, Refusals.TooMuch);
        Require(State.Currency.Fits(amount), Refusals.TooFine);
    }

    private void RequireFunds(decimal amount) => Require(amount <= State.Balance + State.Overdraft, Refusals.InsufficientFunds);

    private static class Refusals
    {
        public static readonly Rejection AlreadyOpened = new("account_exists", "This account is already open.");
        public static readonly Rejection NoCurrency = new("no_currency", "An account needs a currency.");
        public static readonly Rejection NotOpened = new("account_not_open", "This account was never opened.");
        public static readonly Rejection Closed = new("account_closed", "This account is closed.");
        public static readonly Rejection Archived = new(ArchivedCode, "This account is archived: it can be read, but not changed.");
        public static readonly Rejection Frozen = new("account_frozen", "This account is frozen: no money moves on it.");
        public static readonly Rejection NotPositive = new("amount_not_positive", "An amount must be greater than zero.");
        public static readonly Rejection TooMuch = new("amount_too_large", "An amount must not be greater than 1,000,000,000,000.");
        public static readonly Rejection TooFine = new("amount_too_fine", "The amount has more decimals than the account's currency.");
        public static readonly Rejection InsufficientFunds = new("insufficient_funds", "The balance does not cover the amount.");
        public static readonly Rejection NegativeOverdraft = new("overdraft_negative", "An overdraft is zero or more.");
        public static readonly Rejection OverdraftInUse = new("overdraft_in_use", "The balance is below the overdraft that is to be agreed.");
        public static readonly Rejection NotEmpty = new("balance_not_zero", "An account can be closed only when its balance is zero.");
        public static readonly Rejection TransferUnderway = new("transfer_underway", "A transfer from this account has not ended yet; its money may come back.");
        public static readonly Rejection OtherCurrency = new("currency_mismatch", "The amount is not in the account's currency.");
        public static readonly Rejection NothingUnderway = new("no_transfer_underway", "No transfer from this account is under way.");
    }
}
