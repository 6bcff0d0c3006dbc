using System.Runtime.CompilerServices;
using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>
/// What is read when the leaf of a stream had nothing: in one round trip the stream wherever it lies, in the leaf or in its archive, and whether the
/// tenant lies there and may be read. In this order: a tenant that is found in the shard afterwards was there when nothing was found.
/// </summary>
internal sealed partial class EventReader
{
    // Not here: the tenant lies elsewhere.
    private async Task<(bool IsHere, long? Unusable)> LoadAnywhere(
        StateFold fold, AggregateDefinition definition, Leaf leaf, StreamId stream, AsOf asOf, long usableSnapshots, CancellationToken ct)
    {
        var load = new NpgsqlBatchCommand(leaf.StatementWithArchive("load_anywhere.sql"));
        Bind(load.Parameters, definition, stream);
        load.Parameters.Add(new NpgsqlParameter<long> { TypedValue = asOf.MaxVersion ?? long.MaxValue });
        load.Parameters.Add(new NpgsqlParameter<long> { TypedValue = usableSnapshots });
        load.Parameters.Add(Timestamp(asOf.MaxTime ?? DateTimeOffset.MaxValue));
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { load, Tenants.Question(stream.TenantId) } };
        await using var reader = await batch.ExecuteReaderAsync(ct);
        var unusable = await Fold(fold, definition, reader, stream, Sixth.IsArchived, ct);
        await reader.NextResultAsync(ct);
        return (await tenants.Answer(stream.TenantId, reader, ct) == leaf.Shard, unusable);
    }

    private async IAsyncEnumerable<(EnvelopeRow Row, DecodedEvents Events)> ReadAnywhere(
        Leaf leaf, StreamId stream, StreamRange range, [EnumeratorCancellation] CancellationToken ct)
    {
        await using (var connection = await PostgresErrors.Translate(dataSource.OpenConnectionAsync(ct).AsTask()))
        {
            var read = new NpgsqlBatchCommand(leaf.StatementWithArchive(FileOf(range)));
            Bind(read.Parameters, stream, range);
            await using var batch = new NpgsqlBatch(connection) { BatchCommands = { read, Tenants.Question(stream.TenantId) } };
            await using var reader = await PostgresErrors.Translate(batch.ExecuteReaderAsync(ct));
            using var columns = new ColumnReader();
            var any = false;
            while (await PostgresErrors.Translate(reader.ReadAsync(ct)))
            {
                any = true;
                var row = new EnvelopeRow(reader, columns);
                yield return (row, row.Decode(model));
            }

            await PostgresErrors.Translate(reader.NextResultAsync(ct));
            if (any || await tenants.Answer(stream.TenantId, reader, ct) == leaf.Shard)
            {
                yield break;
            }
        }

        await foreach (var moved in ReadRows(stream, range, ct))
        {
            yield return moved;
        }
    }
}
