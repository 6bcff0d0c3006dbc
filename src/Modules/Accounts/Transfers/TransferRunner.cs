using Monolith.Accounts.Domain;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;

namespace Monolith.Accounts.Transfers;

/// <summary>Runs every transfer that was asked for. One host at a time for a tenant; after a crash the next owner begins with those that had not ended.</summary>
public sealed class TransferRunner : Subscription
{
    private readonly TransferProcess process;

    /// <summary>The subscription <c>accounts.transfer_runner</c>.</summary>
    public TransferRunner(TransferProcess process) : base("accounts.transfer_runner")
    {
        this.process = process;
        Reads<Transfer>();
        Only<TransferRequested>();
    }

    /// <inheritdoc/>
    public override async Task Handle(EventEnvelope envelope, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        using var operation = new OperationContext(
            envelope.TenantId,
            envelope.Metadata with { CausationId = envelope.EventId.ToString("N"), Command = nameof(TransferRunner) }).Begin();
        await process.Run(envelope.AggregateId, ct);
    }
}
