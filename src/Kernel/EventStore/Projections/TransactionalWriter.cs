using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>Writes the effects of a batch behind the statement that moves the checkpoint, in one transaction with it.</summary>
internal sealed class TransactionalWriter<TEffect>(TransactionalSubscription<TEffect> subscription) : RowlessWriter
{
    public override Task Write(ProjectionBatch batch, ViewRows rows, IReadOnlyList<EventEnvelope> events, CancellationToken ct)
    {
        var effects = new List<TEffect>();
        foreach (var envelope in events)
        {
            if (!subscription.Wants(envelope))
            {
                continue;
            }

            batch.Pulse.Enter(envelope);
            try
            {
                effects.AddRange(subscription.Effects(envelope));
            }
            catch (Exception problem)
            {
                throw new ProjectionFailedException(subscription.Name, envelope, problem);
            }
        }

        batch.Pulse.Leave();
        if (effects.Count > 0)
        {
            batch.FollowedBy = new Rows(subscription, effects);
        }

        return Task.CompletedTask;
    }

    private sealed class Rows(TransactionalSubscription<TEffect> subscription, IReadOnlyList<TEffect> effects) : IFollowingRows
    {
        public Task Write(NpgsqlTransaction transaction, CancellationToken ct) => subscription.Write(effects, transaction, ct);

        public Task Committed() => subscription.Committed(effects);

        public Task InDoubt() => subscription.InDoubt(effects);
    }
}
