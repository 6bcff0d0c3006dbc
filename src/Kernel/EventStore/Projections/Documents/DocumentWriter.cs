using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>Writes a document projection: loads the views of a batch at once, folds, and adds what changed to the batch of statements.</summary>
internal sealed class DocumentWriter<TView, TKey>(DocumentProjection<TView, TKey> projection, IViewStore views) : ProjectionWriter
    where TView : class
    where TKey : notnull
{
    public override Task Prepare(NpgsqlConnection connection, CancellationToken ct) => views.Prepare(typeof(TView), ct);

    public override async Task Write(ProjectionBatch batch, IReadOnlyList<EventEnvelope> events, CancellationToken ct)
    {
        var fold = new DocumentFold<TView, TKey>(projection, events);
        if (fold.Keys.Count == 0)
        {
            return;
        }

        var changes = fold.Run(await views.Load<TView, TKey>(await batch.Connection(ct), fold.Keys, ct));
        if (!changes.IsEmpty)
        {
            views.Write(batch.Statements, changes);
        }
    }

    public override void Clear(NpgsqlBatch batch) => views.Clear(batch, typeof(TView));
}
