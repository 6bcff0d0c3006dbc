using Monolith.Accounts.Domain;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;

namespace Monolith.Accounts.ReadModels;

/// <summary>A transfer at a glance.</summary>
/// <param name="Id">The transfer.</param>
/// <param name="Version">The version of the transfer that this shows.</param>
/// <param name="Tenant">Whose it is.</param>
/// <param name="Position">The place of its request in the feed: the order of lists.</param>
/// <param name="Status">How far it is.</param>
/// <param name="From">The account that gives.</param>
/// <param name="To">The account that takes.</param>
/// <param name="Amount">How much.</param>
/// <param name="Currency">The currency, by ISO 4217.</param>
/// <param name="Reference">What it is for; may be empty.</param>
/// <param name="Reason">The code of why an account declined; null when none did.</param>
/// <param name="RequestedAt">When it was asked for.</param>
/// <param name="EndedAt">When it came to its end; null before.</param>
public sealed record TransferSummary(
    Guid Id,
    long Version,
    string Tenant,
    long Position,
    TransferStatus Status,
    Guid From,
    Guid To,
    decimal Amount,
    string Currency,
    string Reference,
    string? Reason,
    DateTimeOffset RequestedAt,
    DateTimeOffset? EndedAt)
{
    /// <summary>Whether nothing follows any more.</summary>
    public bool IsFinal => EndedAt is not null;
}

/// <summary>Keeps one <see cref="TransferSummary"/> for each transfer.</summary>
public sealed class TransferSummaries : DocumentProjection<TransferSummary>
{
    /// <summary>The projection <c>accounts.transfers</c>.</summary>
    public TransferSummaries() : base("accounts.transfers", version: 1) => Reads<Transfer>();

    /// <inheritdoc/>
    public override TransferSummary? Apply(TransferSummary? view, EventEnvelope envelope)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        return Fold(view, envelope) is { } next ? next with { Version = envelope.Version } : null;
    }

    private static TransferSummary? Fold(TransferSummary? view, EventEnvelope envelope) => envelope.Event switch
    {
        TransferRequested e => new(
            envelope.AggregateId,
            envelope.Version,
            envelope.TenantId,
            envelope.Position,
            TransferStatus.Requested,
            e.Terms.From,
            e.Terms.To,
            e.Terms.Amount,
            e.Terms.Currency.Code,
            e.Terms.Reference,
            Reason: null,
            envelope.RecordedAt,
            EndedAt: null),
        TransferRefused e => view! with { Status = TransferStatus.Refused, Reason = e.Reason, EndedAt = envelope.RecordedAt },
        TransferDebited => view! with { Status = TransferStatus.Debited },
        TransferCredited => view! with { Status = TransferStatus.Credited },
        TransferCreditDeclined e => view! with { Status = TransferStatus.Returning, Reason = e.Reason },
        TransferCompleted => view! with { Status = TransferStatus.Completed, EndedAt = envelope.RecordedAt },
        TransferCompensated => view! with { Status = TransferStatus.Compensated, EndedAt = envelope.RecordedAt },
        _ => view,
    };
}
