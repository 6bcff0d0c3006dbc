using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>Writes a document projection: loads the views of a batch at once, folds, and adds what changed to the batch of statements.</summary>
internal sealed class DocumentWriter<TView, TKey>(DocumentProjection<TView, TKey> projection, IViewStore views) : ProjectionWriter
    where TView : class
    where TKey : notnull
{
    public override Task Prepare(NpgsqlConnection connection, CancellationToken ct) => views.Prepare(typeof(TView), ct);

    public override async Task Write(ProjectionBatch batch, ViewRows rows, IReadOnlyList<EventEnvelope> events, CancellationToken ct)
    {
        var fold = new DocumentFold<TView, TKey>(projection, events, batch.Pulse);
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

    public override InlineFold Fold(IReadOnlyList<EventEnvelope> events) => new OfViews(views, new(projection, events));

    public override Task MakeShadow(NpgsqlConnection connection, CancellationToken ct) => views.MakeShadow(connection, typeof(TView), ct);

    public override Task Promote(NpgsqlConnection connection, CancellationToken ct) => views.Promote(connection, typeof(TView), ct);

    public override Task DropShadow(NpgsqlConnection connection, CancellationToken ct) => views.DropShadow(connection, typeof(TView), ct);

    public override Task<int> RemoveTenant(NpgsqlConnection connection, ViewRows rows, string tenantId, int limit, CancellationToken ct) =>
        views.RemoveTenant(connection, typeof(TView), rows, tenantId, limit, ct);

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
