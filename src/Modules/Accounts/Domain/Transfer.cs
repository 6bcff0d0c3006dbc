using Monolith.Accounts.Contracts;
using Monolith.EventSourcing;

namespace Monolith.Accounts.Domain;

// Stored for ever: a field may be added with a default, never renamed and never removed.

/// <summary>A transfer was asked for.</summary>
/// <param name="Terms">What was asked for.</param>
/// <param name="FromVersion">The version of the one account then: whatever the transfer does to it comes later.</param>
/// <param name="ToVersion">The version of the other account then.</param>
/// <param name="Deadline">From then on no account takes part in it that has not yet.</param>
[EventType("transfer.requested")]
public sealed record TransferRequested(TransferTerms Terms, long FromVersion, long ToVersion, DateTimeOffset Deadline);

/// <summary>The one account would not give the money. Nothing has moved.</summary>
[EventType("transfer.refused")]
public sealed record TransferRefused(string Reason);

/// <summary>The one account has given the money, with the event of that version.</summary>
[EventType("transfer.debited")]
public sealed record TransferDebited(long FromVersion);

/// <summary>The other account has taken the money.</summary>
[EventType("transfer.credited")]
public sealed record TransferCredited;

/// <summary>The other account would not take the money: it goes back.</summary>
[EventType("transfer.credit_declined")]
public sealed record TransferCreditDeclined(string Reason);

/// <summary>The one account knows that the money has arrived. Nothing follows.</summary>
[EventType("transfer.completed")]
public sealed record TransferCompleted;

/// <summary>The one account has its money back. Nothing follows.</summary>
[EventType("transfer.compensated")]
public sealed record TransferCompensated;

/// <summary>What a transfer is to do.</summary>
/// <param name="From">The account that gives.</param>
/// <param name="To">The account that takes.</param>
/// <param name="Amount">How much.</param>
/// <param name="Currency">In which currency; that of both accounts.</param>
/// <param name="Reference">What it is for; may be empty.</param>
public sealed record TransferTerms(Guid From, Guid To, decimal Amount, Currency Currency, string Reference);

/// <summary>What a transfer remembers of its events.</summary>
/// <param name="Status">How far it is.</param>
/// <param name="Terms">What it is to do; null before it was asked for.</param>
/// <param name="FromVersion">The version of the giving account behind which the next step on it lies.</param>
/// <param name="ToVersion">The version of the taking account behind which the next step on it lies.</param>
/// <param name="Deadline">From then on no account takes part in it that has not yet.</param>
public sealed record TransferState(TransferStatus Status, TransferTerms? Terms, long FromVersion, long ToVersion, DateTimeOffset Deadline)
    : IState<TransferState>
{
    /// <inheritdoc/>
    public static TransferState Initial { get; } = new(TransferStatus.None, Terms: null, 0, 0, DateTimeOffset.UnixEpoch);

    /// <summary>Whether nothing follows any more.</summary>
    public bool IsFinal => Status is TransferStatus.Completed or TransferStatus.Refused or TransferStatus.Compensated;

    /// <inheritdoc/>
    public TransferState Apply(object @event) => @event switch
    {
        TransferRequested e => new(TransferStatus.Requested, e.Terms, e.FromVersion, e.ToVersion, e.Deadline),
        TransferRefused => this with { Status = TransferStatus.Refused },
        TransferDebited e => this with { Status = TransferStatus.Debited, FromVersion = e.FromVersion },
        TransferCredited => this with { Status = TransferStatus.Credited },
        TransferCreditDeclined => this with { Status = TransferStatus.Returning },
        TransferCompleted => this with { Status = TransferStatus.Completed },
        TransferCompensated => this with { Status = TransferStatus.Compensated },
        _ => throw new UnknownEventException(@event),
    };
}

/// <summary>How far a transfer is.</summary>
public enum TransferStatus
{
    /// <summary>Not asked for yet.</summary>
    None,

    /// <summary>Asked for; nothing has moved.</summary>
    Requested,

    /// <summary>The money has left the one account.</summary>
    Debited,

    /// <summary>The money has reached the other account.</summary>
    Credited,

    /// <summary>The other account would not take it; it is on its way back.</summary>
    Returning,

    /// <summary>Done. Final.</summary>
    Completed,

    /// <summary>The one account would not give the money. Final.</summary>
    Refused,

    /// <summary>The money is back. Final.</summary>
    Compensated,
}

/// <summary>
/// Money on its way from one account to another of the same tenant and currency. It decides nothing about money, the accounts do; it remembers how far
/// things are, so that whoever goes on with it knows the next step.
/// </summary>
/// <param name="id">The transfer's id, chosen by whoever asks for it.</param>
[AggregateType("transfer")]
public sealed class Transfer(Guid id) : Aggregate<TransferState>(id)
{
    /// <summary>Asks for it. Accounts of two currencies are refused here already, so nothing has to be taken back.</summary>
    /// <param name="terms">What it is to do, in the giving account's currency.</param>
    /// <param name="from">The giving account, as it is.</param>
    /// <param name="to">The taking account, as it is.</param>
    /// <param name="deadline">From then on no account takes part in it that has not yet.</param>
    public void Request(TransferTerms terms, Account from, Account to, DateTimeOffset deadline)
    {
        Require(State.Status == TransferStatus.None, Refusals.AlreadyRequested);
        Require(terms.From != terms.To, Refusals.SameAccount);
        Require(from is { IsArchived: false, State.IsArchived: false } && to is { IsArchived: false, State.IsArchived: false }, Refusals.AccountArchived);
        Require(from.State.Currency == to.State.Currency, Refusals.CurrencyMismatch);
        Require(from.State.Currency.Fits(terms.Amount), Refusals.TooFine);
        Raise(new TransferRequested(terms with { Amount = from.State.Currency.Exact(terms.Amount) }, from.Version, to.Version, deadline));
    }

    /// <summary>The one account has declined.</summary>
    public void Refuse(string reason) => Next(TransferStatus.Requested, new TransferRefused(reason));

    /// <summary>The one account has given the money.</summary>
    /// <param name="version">The version of the account's event that says so.</param>
    public void Debited(long version) => Next(TransferStatus.Requested, new TransferDebited(version));

    /// <summary>The other account has taken the money.</summary>
    public void Credited() => Next(TransferStatus.Debited, new TransferCredited());

    /// <summary>The other account has declined.</summary>
    public void DeclineCredit(string reason) => Next(TransferStatus.Debited, new TransferCreditDeclined(reason));

    /// <summary>The one account has settled.</summary>
    public void Complete() => Next(TransferStatus.Credited, new TransferCompleted());

    /// <summary>The one account has its money back.</summary>
    public void Compensate() => Next(TransferStatus.Returning, new TransferCompensated());

    private void Next(TransferStatus only, object @event)
    {
        Require(State.Status == only, Refusals.OutOfOrder);
        Raise(@event);
    }

    private static class Refusals
    {
        public static readonly Rejection AlreadyRequested = new("transfer_exists", "There is another transfer of this id.");
        public static readonly Rejection SameAccount = new("same_account", "A transfer needs two accounts.");
        public static readonly Rejection AccountArchived = new(Account.ArchivedCode, "An account is archived: it takes part in nothing until it is restored.");
        public static readonly Rejection CurrencyMismatch = new("currency_mismatch", "The accounts are in different currencies.");
        public static readonly Rejection TooFine = new("amount_too_fine", "The amount has more decimals than the accounts' currency.");
        public static readonly Rejection OutOfOrder = new("transfer_out_of_order", "The transfer is not at this step.");
    }
}
