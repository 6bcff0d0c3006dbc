using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Npgsql;

namespace Monolith.EventStore;

/// <content>Appends that inline projections are applied to: one transaction of several round trips, each append by itself.</content>
internal sealed partial class AppendCommands
{
    private async Task<AppendOutcome> WithViews(EncodedAppend append, Leaf leaf, InlineView[] views, CancellationToken ct)
    {
        await InlineViews.Prepare(views, ct);
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var outcome = await WithViews(append, leaf, views, connection, ct);
        await transaction.CommitAsync(ct);
        return outcome;
    }

    private async Task<AppendOutcome> WithViews(EncodedAppend append, Leaf leaf, InlineView[] views, NpgsqlConnection connection, CancellationToken ct)
    {
        var statement = new NpgsqlBatchCommand(StatementOf(append, leaf));
        Bind(statement.Parameters, append);
        var events = new List<EventEnvelope>(append.Count);
        AppendOutcome outcome;
        IReadOnlyList<InlineView> active;
        await using (var batch = new NpgsqlBatch(connection))
        {
            foreach (var command in InlineViews.Enter(views).Append(statement).Append(InlineViews.Appended(append.Stream, append.Count, leaf)))
            {
                batch.BatchCommands.Add(command);
            }

            await using var reader = await batch.ExecuteReaderAsync(ct);
            active = await InlineViews.Entered(reader, views, ct);
            await reader.ReadAsync(ct);
            outcome = AppendOutcome.From(reader, leaf);
            await reader.NextResultAsync(ct);
            if (outcome.Position is not null)
            {
                await inline.Read(reader, events, ct);
            }
        }

        await InlineViews.Apply(connection, active, events, ct);
        return outcome;
    }

    private async Task<AppendResult[]> AllWithViews(
        EncodedAppend[] appends, List<IGrouping<string, int>> byType, InlineView[] views, string shard, CancellationToken ct)
    {
        await InlineViews.Prepare(views, ct);
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        IReadOnlyList<InlineView> active;
        AppendResult[] results;
        await using (var batch = new NpgsqlBatch(connection))
        {
            foreach (var command in InlineViews.Enter(views))
            {
                batch.BatchCommands.Add(command);
            }

            AddAll(batch, appends, byType, shard);
            await using var reader = await batch.ExecuteReaderAsync(ct);
            active = await InlineViews.Entered(reader, views, ct);
            results = await ReadAll(reader, appends, byType, ct);
        }

        await InlineViews.Apply(connection, active, await ReadBack(connection, appends, shard, ct), ct);
        await transaction.CommitAsync(ct);
        return results;
    }

    private async Task<List<EventEnvelope>> ReadBack(NpgsqlConnection connection, EncodedAppend[] appends, string shard, CancellationToken ct)
    {
        var events = new List<EventEnvelope>();
        await using var batch = new NpgsqlBatch(connection);
        foreach (var append in appends.Where(IsInline))
        {
            batch.BatchCommands.Add(InlineViews.Appended(append.Stream, append.Count, Leaf.Of(append.Stream.AggregateType, shard)));
        }

        await using var reader = await batch.ExecuteReaderAsync(ct);
        do
        {
            await inline.Read(reader, events, ct);
        }
        while (await reader.NextResultAsync(ct));
        events.Sort((one, other) => one.Position.CompareTo(other.Position));
        return events;
    }
}
