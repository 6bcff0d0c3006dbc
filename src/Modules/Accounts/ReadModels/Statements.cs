using Monolith.Accounts.Domain;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;

namespace Monolith.Accounts.ReadModels;

/// <summary>One line of an account's statement. A document of its own, so that a long statement costs no more than a short one to add to.</summary>
/// <param name="Id">The id of the event that moved the money.</param>
/// <param name="AccountId">The account.</param>
/// <param name="Version">The version of the account that the movement made: the order of the statement.</param>
/// <param name="At">When it happened.</param>
/// <param name="Kind">Whether money came in or went out.</param>
/// <param name="Amount">How much; greater than zero either way.</param>
/// <param name="Reference">What the caller said it is for; may be empty.</param>
/// <param name="Balance">What the account held after it.</param>
public sealed record Movement(
    Guid Id, Guid AccountId, long Version, DateTimeOffset At, MovementKind Kind, decimal Amount, string Reference, decimal Balance);

/// <summary>Which way money moved.</summary>
public enum MovementKind
{
    /// <summary>Money came in.</summary>
    Deposit,

    /// <summary>Money went out.</summary>
    Withdrawal,
}

/// <summary>Keeps one <see cref="Movement"/> for each deposit and withdrawal.</summary>
public sealed class Statements : DocumentProjection<Movement>
{
    /// <summary>The projection <c>accounts.statements</c>.</summary>
    public Statements() : base("accounts.statements", version: 1) => Reads<Account>();

    /// <summary>The event's own id, for events that move money.</summary>
    public override IEnumerable<Guid> Keys(EventEnvelope envelope)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        return envelope.Event is Deposited or Withdrawn ? [envelope.EventId] : [];
    }

    /// <inheritdoc/>
    public override Movement? Apply(Movement? view, EventEnvelope envelope)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        return envelope.Event switch
        {
            Deposited e => Line(envelope, MovementKind.Deposit, e.Amount, e.Reference, e.Balance),
            Withdrawn e => Line(envelope, MovementKind.Withdrawal, e.Amount, e.Reference, e.Balance),
            _ => view,
        };
    }

    private static Movement Line(EventEnvelope envelope, MovementKind kind, decimal amount, string reference, decimal balance) =>
        new(envelope.EventId, envelope.AggregateId, envelope.Version, envelope.RecordedAt, kind, amount, reference, balance);
}
