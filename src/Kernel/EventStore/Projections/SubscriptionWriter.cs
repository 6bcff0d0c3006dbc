using System.Runtime.CompilerServices;
using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>Delivers events to a subscription, one after the other, before the checkpoint moves over them.</summary>
internal sealed class SubscriptionWriter(Subscription subscription) : ProjectionWriter
{
    private static readonly object Done = new();

    // When a later event of a batch fails, the batch comes again: what was delivered is not delivered twice by that.
    private readonly ConditionalWeakTable<EventEnvelope, object> delivered = [];

    public override Task Prepare(NpgsqlConnection connection, CancellationToken ct) => Task.CompletedTask;

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

    public override Task<long> Size(NpgsqlConnection connection, ViewRows rows, CancellationToken ct) => Task.FromResult(0L);

    public override Task MakeShadow(NpgsqlConnection connection, CancellationToken ct) => Task.CompletedTask;

    public override Task Promote(NpgsqlConnection connection, CancellationToken ct) => Task.CompletedTask;

    public override Task PromoteTenant(NpgsqlConnection connection, string tenantId, CancellationToken ct) => Task.CompletedTask;

    public override Task RebuildAggregate(
        NpgsqlTransaction transaction, string tenantId, Guid aggregateId, IAsyncEnumerable<IReadOnlyList<EventEnvelope>> pages, CancellationToken ct) =>
        Task.CompletedTask;

    public override Task DropShadow(NpgsqlConnection connection, CancellationToken ct) => Task.CompletedTask;

    public override string? TenantMember => null;

    public override string? AggregateMember => null;

    public override bool CanSample => false;

    public override Task<long> CountKeys(NpgsqlConnection connection, CancellationToken ct) => Task.FromResult(0L);

    public override Task MakeAside(NpgsqlConnection connection, CancellationToken ct) => Task.CompletedTask;

    public override Task WriteAside(ProjectionBatch batch, IReadOnlyList<EventEnvelope> events, KeySample? sample, CancellationToken ct) => Task.CompletedTask;

    public override Task<RowComparison> Compare(NpgsqlConnection connection, KeySample? sample, int limit, CancellationToken ct) =>
        Task.FromResult(new RowComparison(0, 0, []));

    public override Task<int> RemoveTenant(NpgsqlConnection connection, ViewRows rows, string tenantId, int limit, CancellationToken ct) => Task.FromResult(0);
}
