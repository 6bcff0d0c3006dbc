using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>The writer of something that keeps no rows of its own: there is nothing to prepare, to shadow or to compare.</summary>
internal abstract class RowlessWriter : ProjectionWriter
{
    public sealed override string? TenantMember => null;

    public sealed override string? AggregateMember => null;

    public sealed override bool CanSample => false;

    public sealed override Task Prepare(NpgsqlConnection connection, CancellationToken ct) => Task.CompletedTask;

    public sealed override Task<long> Size(NpgsqlConnection connection, ViewRows rows, CancellationToken ct) => Task.FromResult(0L);

    public sealed override Task MakeShadow(NpgsqlConnection connection, CancellationToken ct) => Task.CompletedTask;

    public sealed override Task Promote(NpgsqlConnection connection, CancellationToken ct) => Task.CompletedTask;

    public sealed override Task PromoteTenant(NpgsqlConnection connection, string tenantId, CancellationToken ct) => Task.CompletedTask;

    public sealed override Task RebuildAggregate(
        NpgsqlTransaction transaction, string tenantId, Guid aggregateId, IAsyncEnumerable<IReadOnlyList<EventEnvelope>> pages, CancellationToken ct) =>
        Task.CompletedTask;

    public sealed override Task DropShadow(NpgsqlConnection connection, CancellationToken ct) => Task.CompletedTask;

    public sealed override Task<long> CountKeys(NpgsqlConnection connection, CancellationToken ct) => Task.FromResult(0L);

    public sealed override Task MakeAside(NpgsqlConnection connection, CancellationToken ct) => Task.CompletedTask;

    public sealed override Task WriteAside(ProjectionBatch batch, IReadOnlyList<EventEnvelope> events, KeySample? sample, CancellationToken ct) => Task.CompletedTask;

    public sealed override Task<RowComparison> Compare(NpgsqlConnection connection, KeySample? sample, int limit, CancellationToken ct) =>
        Task.FromResult(new RowComparison(0, 0, []));

    public sealed override Task<int> RemoveTenant(NpgsqlConnection connection, ViewRows rows, string tenantId, int limit, CancellationToken ct) => Task.FromResult(0);
}
