using System.Runtime.CompilerServices;
using Monolith.EventSourcing;

namespace Monolith.EventStore.Projections;

/// <summary>Delivers events to a subscription, one after the other, before the checkpoint moves over them.</summary>
internal sealed class SubscriptionWriter(Subscription subscription) : RowlessWriter
{
    private static readonly object Done = new();

    // When a later event of a batch fails, the batch comes again: what was delivered is not delivered twice by that.
    private readonly ConditionalWeakTable<EventEnvelope, object> delivered = [];

    public override async Task Write(ProjectionBatch batch, ViewRows rows, IReadOnlyList<EventEnvelope> events, CancellationToken ct)
    {
        foreach (var envelope in events)
        {
            if (!subscription.Wants(envelope) || delivered.TryGetValue(envelope, out _))
            {
                continue;
            }

            // A handler that ignores the token may have outlived its worker: the next event is another's then.
            ct.ThrowIfCancellationRequested();
            batch.Pulse.Enter(envelope);
            try
            {
                await subscription.Handle(envelope, ct);
                delivered.Add(envelope, Done);
                batch.Pulse.Step();
            }
            catch (Exception problem) when (problem is not OperationCanceledException || !ct.IsCancellationRequested)
            {
                throw new ProjectionFailedException(subscription.Name, envelope, problem);
            }
        }
    }
}
