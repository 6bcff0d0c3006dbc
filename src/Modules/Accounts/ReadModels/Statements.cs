using Monolith.Accounts.Domain;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;

namespace Monolith.Accounts.ReadModels;

/// <summary>One line of an account's statement. A document of its own, so that a long statement costs no more than a short one to add to.</summary>
/// <param name="Id">The id of the event that moved the money.</param>
/// <param name="AccountId">The account.</param>
/// <param name="Version">The version of the account that the movement made: the order of the statement.</param>
/// <param name="At">When it happened.</param>
/// <param name="Kind">Which way money moved, and why.</param>
/// <param name="Amount">How much; greater than zero either way.</param>
/// <param name="Reference">What the caller said it is for; may be empty.</param>
/// <param name="Balance">What the account held after it.</param>
/// <param name="TransferId">The transfer that it is part of, or null.</param>
/// <param name="Counterparty">The account on the other side of the transfer, or null.</param>
public sealed record Movement(
    Guid Id,
    Guid AccountId,
    long Version,
    DateTimeOffset At,
    MovementKind Kind,
    decimal Amount,
    string Reference,
    decimal Balance,
    Guid? TransferId = null,
    Guid? Counterparty = null);

/// <summary>Which way money moved, and why.</summary>
public enum MovementKind
{
    /// <summary>Money came in.</summary>
    Deposit,

    /// <summary>Money went out.</summary>
    Withdrawal,

    /// <summary>Money left for another account.</summary>
    TransferSent,

    /// <summary>Money came from another account.</summary>
    TransferReceived,

    /// <summary>Money that was sent came back.</summary>
    TransferReturned,
}

/// <summary>Keeps one <see cref="Movement"/> for each event that moves money.</summary>
public sealed class Statements : DocumentProjection<Movement>
{
    /// <summary>The projection <c>accounts.statements</c>.</summary>
    public Statements() : base("accounts.statements", version: 2) => Reads<Account>();

    /// <summary>The event's own id, for events that move money.</summary>
    public override IEnumerable<Guid> Keys(EventEnvelope envelope)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        return envelope.Event is Deposited or Withdrawn or TransferSent or TransferReceived or TransferReturned ? [envelope.EventId] : [];
    }

    /// <inheritdoc/>
    public override Movement? Apply(Movement? view, EventEnvelope envelope)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        return envelope.Event switch
        {
            Deposited e => Line(envelope, MovementKind.Deposit, e.Amount, e.Reference, e.Balance),
            Withdrawn e => Line(envelope, MovementKind.Withdrawal, e.Amount, e.Reference, e.Balance),
            TransferSent e => Line(envelope, MovementKind.TransferSent, e.Amount, e.Reference, e.Balance) with { TransferId = e.TransferId, Counterparty = e.To },
            TransferReceived e => Line(envelope, MovementKind.TransferReceived, e.Amount, e.Reference, e.Balance) with { TransferId = e.TransferId, Counterparty = e.From },
            TransferReturned e => Line(envelope, MovementKind.TransferReturned, e.Amount, e.Reference, e.Balance) with { TransferId = e.TransferId, Counterparty = e.To },
            _ => view,
        };
    }

    private static Movement Line(EventEnvelope envelope, MovementKind kind, decimal amount, string reference, decimal balance) =>
        new(envelope.EventId, envelope.AggregateId, envelope.Version, envelope.RecordedAt, kind, amount, reference, balance);
}
