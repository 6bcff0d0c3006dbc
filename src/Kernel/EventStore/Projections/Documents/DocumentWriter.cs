using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>Writes a document projection: loads the views of a batch at once, folds, and adds what changed to the batch of statements.</summary>
internal sealed class DocumentWriter<TView, TKey>(DocumentProjection<TView, TKey> projection, IViewStore views) : ProjectionWriter
    where TView : class
    where TKey : notnull
{
    public override Task Prepare(NpgsqlConnection connection, CancellationToken ct) => views.Prepare(typeof(TView), ct);

    public override string TenantMember => "tenant_id";

    public override string AggregateMember => "id";

    public override bool CanSample => true;

    public override Task Write(ProjectionBatch batch, ViewRows rows, IReadOnlyList<EventEnvelope> events, CancellationToken ct) =>
        Write(batch, rows, events, sample: null, ct);

    public override Task WriteAside(ProjectionBatch batch, IReadOnlyList<EventEnvelope> events, KeySample? sample, CancellationToken ct) =>
        Write(batch, ViewRows.Aside, events, sample, ct);

    public override InlineFold Fold(IReadOnlyList<EventEnvelope> events) => new OfViews(views, new(projection, events));

    public override Task<long> CountKeys(NpgsqlConnection connection, CancellationToken ct) => views.Count(connection, typeof(TView), ct);

    public override Task MakeAside(NpgsqlConnection connection, CancellationToken ct) => views.MakeAside(connection, typeof(TView), ct);

    public override Task<RowComparison> Compare(NpgsqlConnection connection, KeySample? sample, int limit, CancellationToken ct) =>
        views.Compare(connection, typeof(TView), sample, limit, ct);

    public override Task<long> Size(NpgsqlConnection connection, ViewRows rows, CancellationToken ct) => views.Size(connection, typeof(TView), rows, ct);

    public override Task MakeShadow(NpgsqlConnection connection, CancellationToken ct) => views.MakeShadow(connection, typeof(TView), ct);

    public override Task Promote(NpgsqlConnection connection, CancellationToken ct) => views.Promote(connection, typeof(TView), ct);

    public override Task PromoteTenant(NpgsqlConnection connection, string tenantId, CancellationToken ct) =>
        views.PromoteTenant(connection, typeof(TView), tenantId, ct);

    public override async Task RebuildAggregate(
        NpgsqlTransaction transaction, string tenantId, Guid aggregateId, IAsyncEnumerable<IReadOnlyList<EventEnvelope>> pages, CancellationToken ct)
    {
        // Its keys are the ids of aggregates, else it would not be asked.
        var key = new ViewKey<TKey>(tenantId, (TKey)(object)aggregateId);
        var rebuilt = new Dictionary<ViewKey<TKey>, TView>();
        await foreach (var page in pages.WithCancellation(ct))
        {
            new DocumentFold<TView, TKey>(projection, page).Run(rebuilt).ApplyTo(rebuilt);
        }

        await using var batch = new ProjectionBatch(transaction);
        views.Write<TView, TKey>(batch.Statements, ViewRows.Live, rebuilt.TryGetValue(key, out var view) ? new([(key, view)], []) : new([], [key]));
        await batch.Execute(ct);
    }

    public override Task DropShadow(NpgsqlConnection connection, CancellationToken ct) => views.DropShadow(connection, typeof(TView), ct);

    public override Task<int> RemoveTenant(NpgsqlConnection connection, ViewRows rows, string tenantId, int limit, CancellationToken ct) =>
        views.RemoveTenant(connection, typeof(TView), rows, tenantId, limit, ct);

    private async Task Write(ProjectionBatch batch, ViewRows rows, IReadOnlyList<EventEnvelope> events, KeySample? sample, CancellationToken ct)
    {
        var fold = new DocumentFold<TView, TKey>(projection, events, batch.Pulse, sample);
        batch.Pulse.Leave();
        if (fold.Keys.Count == 0)
        {
            return;
        }

        var changes = fold.Run(await views.Load<TView, TKey>(await batch.Connection(ct), rows, fold.Keys, ct));
        batch.Pulse.Leave();
        if (!changes.IsEmpty)
        {
            views.Write(batch.Statements, rows, changes);
        }
    }

    private sealed class OfViews(IViewStore views, DocumentFold<TView, TKey> fold) : InlineFold
    {
        public override IReadOnlyList<string> Keys { get; } = [.. fold.Keys.Select(key => $"{key.TenantId}\n{key.Id}")];

        public override async Task Write(NpgsqlConnection connection, NpgsqlBatch batch, CancellationToken ct)
        {
            var changes = fold.Run(await views.Load<TView, TKey>(connection, ViewRows.Live, fold.Keys, ct));
            if (!changes.IsEmpty)
            {
                views.Write(batch, ViewRows.Live, changes);
            }
        }
    }
}
