using Monolith.Accounts.Contracts;
using Monolith.EventSourcing;

namespace Monolith.Accounts.Domain;

// What a transfer does to one account. Each event names its transfer: by that a repeated step finds in the account's own stream that it was taken.

/// <summary>An event of an account that is a step of a transfer.</summary>
internal interface ITransferStep
{
    /// <summary>The transfer.</summary>
    Guid TransferId { get; }
}

/// <summary>Money left for another account; until the transfer is settled it may come back.</summary>
[EventType("account.transfer_sent")]
public sealed record TransferSent(Guid TransferId, Guid To, decimal Amount, string Reference, decimal Balance) : ITransferStep;

/// <summary>Money came from another account.</summary>
[EventType("account.transfer_received")]
public sealed record TransferReceived(Guid TransferId, Guid From, decimal Amount, string Reference, decimal Balance) : ITransferStep;

/// <summary>The account has no part in the transfer, and never will: a later attempt finds this.</summary>
[EventType("account.transfer_declined")]
public sealed record TransferDeclined(Guid TransferId, string Reason) : ITransferStep;

/// <summary>What was sent came back, because the other account did not take it.</summary>
[EventType("account.transfer_returned")]
public sealed record TransferReturned(Guid TransferId, Guid To, decimal Amount, string Reference, decimal Balance) : ITransferStep;

/// <summary>What was sent has arrived, and cannot come back.</summary>
[EventType("account.transfer_settled")]
public sealed record TransferSettled(Guid TransferId) : ITransferStep;

public sealed partial class Account
{
    /// <summary>Takes the money of a transfer out, up to the balance and the agreed overdraft.</summary>
    public void Send(Guid transferId, Guid to, decimal amount, Currency currency, string reference)
    {
        RequireInUse();
        Require(currency == State.Currency, Refusals.OtherCurrency);
        RequireAmount(amount);
        RequireFunds(amount);
        Raise(new TransferSent(transferId, to, Exact(amount), reference, Exact(State.Balance - amount)));
    }

    /// <summary>Puts the money of a transfer in.</summary>
    public void Receive(Guid transferId, Guid from, decimal amount, Currency currency, string reference)
    {
        RequireInUse();
        Require(currency == State.Currency, Refusals.OtherCurrency);
        RequireAmount(amount);
        Raise(new TransferReceived(transferId, from, Exact(amount), reference, Exact(State.Balance + amount)));
    }

    /// <summary>Stays out of a transfer, whatever state the account is in.</summary>
    public void Decline(Guid transferId, string reason) => Raise(new TransferDeclined(transferId, reason));

    /// <summary>Takes the money of a transfer back, also when the account was frozen meanwhile. It cannot have been closed.</summary>
    public void TakeBack(Guid transferId, Guid to, decimal amount, string reference)
    {
        Require(State.TransfersUnderway > 0, Refusals.NothingUnderway);
        Raise(new TransferReturned(transferId, to, Exact(amount), reference, Exact(State.Balance + amount)));
    }

    /// <summary>Forgets a transfer that has arrived.</summary>
    public void Settle(Guid transferId)
    {
        Require(State.TransfersUnderway > 0, Refusals.NothingUnderway);
        Raise(new TransferSettled(transferId));
    }
}
