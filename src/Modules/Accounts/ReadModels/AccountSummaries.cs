using Monolith.Accounts.Domain;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;

namespace Monolith.Accounts.ReadModels;

/// <summary>An account at a glance.</summary>
/// <param name="Id">The account.</param>
/// <param name="Version">The version of the account that this shows.</param>
/// <param name="Holder">Whose money it is.</param>
/// <param name="Owner">The user it was opened for; null for an account without one.</param>
/// <param name="Currency">The currency of all its amounts, by ISO 4217.</param>
/// <param name="Balance">What it holds.</param>
/// <param name="Overdraft">How far below zero the balance may go.</param>
/// <param name="Status">Where it is in its life.</param>
/// <param name="FrozenFor">Why no money moves; empty when it does.</param>
/// <param name="OpenedAt">When it was opened.</param>
/// <param name="LastMovementAt">When money last came in or went out; null when it never did.</param>
public sealed record AccountSummary(
    Guid Id,
    long Version,
    string Holder,
    Guid? Owner,
    string Currency,
    decimal Balance,
    decimal Overdraft,
    AccountStatus Status,
    IReadOnlyList<FreezeReason> FrozenFor,
    DateTimeOffset OpenedAt,
    DateTimeOffset? LastMovementAt);

/// <summary>Keeps one <see cref="AccountSummary"/> for each account, closed ones too.</summary>
public sealed class AccountSummaries : DocumentProjection<AccountSummary>
{
    internal const string ProjectionName = "accounts.account_summaries";

    /// <summary>The projection <c>accounts.account_summaries</c>.</summary>
    public AccountSummaries() : base(ProjectionName, version: 2) => Reads<Account>();

    /// <inheritdoc/>
    public override AccountSummary? Apply(AccountSummary? view, EventEnvelope envelope)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        return Fold(view, envelope) is { } next ? next with { Version = envelope.Version } : null;
    }

    private static AccountSummary? Fold(AccountSummary? view, EventEnvelope envelope) => envelope.Event switch
    {
        AccountOpened e => new(
            envelope.AggregateId,
            envelope.Version,
            e.Holder,
            e.Owner,
            e.Currency.Code,
            e.Currency.Exact(0m),
            e.Currency.Exact(0m),
            AccountStatus.Open,
            FrozenFor: [],
            envelope.RecordedAt,
            LastMovementAt: null),
        Deposited e => view! with { Balance = e.Balance, LastMovementAt = envelope.RecordedAt },
        Withdrawn e => view! with { Balance = e.Balance, LastMovementAt = envelope.RecordedAt },
        TransferSent e => view! with { Balance = e.Balance, LastMovementAt = envelope.RecordedAt },
        TransferReceived e => view! with { Balance = e.Balance, LastMovementAt = envelope.RecordedAt },
        TransferReturned e => view! with { Balance = e.Balance, LastMovementAt = envelope.RecordedAt },
        OverdraftAgreed e => view! with { Overdraft = e.Limit },
        AccountFrozen e => view! with { FrozenFor = [.. view.FrozenFor.Append(e.Reason).Order()] },
        AccountUnfrozen e => view! with { FrozenFor = [.. view.FrozenFor.Where(reason => reason != e.Reason)] },
        AccountClosed => view! with { Status = AccountStatus.Closed },
        _ => view,
    };
}
