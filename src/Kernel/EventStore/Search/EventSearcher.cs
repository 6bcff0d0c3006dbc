using System.Runtime.CompilerServices;
using Monolith.EventSourcing;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.EventStore;

/// <summary>Finds events by what their data holds, page by page.</summary>
/// <remarks>
/// How a page is best found depends on the fragment: one that few events contain by the GIN index, one that every other event contains by walking along
/// the positions until the page is full. The server's statistics tell the two apart, but only in a plan made for the values at hand; a plan
/// for all values takes the range of positions for narrow and walks through all of them. So each page is planned anew, which takes well under a
/// millisecond. A leaf that was never analyzed has no statistics: until the server has analyzed it, a search may read all of it.
/// </remarks>
internal sealed class EventSearcher(NpgsqlDataSource dataSource, DomainModel model, Tenants tenants, Feed feed)
{
    private const int PageSize = 1000;
    private const string DataException = "22";

    public IAsyncEnumerable<EventEnvelope> Search(EventSearch search, CancellationToken ct)
    {
        if (!model.Aggregate(search.AggregateType).IndexData)
        {
            throw new NotSearchableException(search.AggregateType);
        }

        JsonFragment.Check(search.Fragment);
        string[]? names = search.EventTypes.Count == 0 ? null : [.. search.EventTypes.Select(model.Event).SelectMany(type => type.Aliases.Prepend(type.Name))];
        return Pages(search, names, ct);
    }

    private async IAsyncEnumerable<EventEnvelope> Pages(EventSearch search, string[]? names, [EnumeratorCancellation] CancellationToken ct)
    {
        var upTo = await feed.Refresh(ct);
        var (after, left) = (search.After, search.Limit);
        while (left > 0)
        {
            var asked = Math.Min(left, PageSize);
            var rows = await Page(search, names, after, upTo, asked, ct);
            foreach (var (row, events) in rows)
            {
                after = row.Position;
                left -= events.Count > 0 ? 1 : 0;
                for (var i = 0; i < events.Count; i++)
                {
                    yield return row.Envelope(events[i]);
                }
            }

            if (rows.Count < asked)
            {
                yield break;
            }
        }
    }

    private async Task<List<(EnvelopeRow Row, DecodedEvents Events)>> Page(
        EventSearch search, string[]? names, long after, long upTo, int limit, CancellationToken ct)
    {
        while (true)
        {
            var leaf = Leaf.Of(search.AggregateType, await tenants.ShardOf(search.TenantId, ct));
            var rows = await Rows(leaf, search, names, after, upTo, limit, ct);
            if (rows.Count > 0 || await tenants.Find(search.TenantId, ct) == leaf.Shard)
            {
                return rows;
            }
        }
    }

    private async Task<List<(EnvelopeRow Row, DecodedEvents Events)>> Rows(
        Leaf leaf, EventSearch search, string[]? names, long after, long upTo, int limit, CancellationToken ct)
    {
        var rows = new List<(EnvelopeRow, DecodedEvents)>();
        try
        {
            await using var connection = await dataSource.OpenConnectionAsync(ct);
            await using var batch = new NpgsqlBatch(connection)
            {
                BatchCommands = { new(Statements.Text("plan_for_values.sql")), Find(leaf, search, names, after, upTo, limit) },
            };
            await using var reader = await batch.ExecuteReaderAsync(ct);
            await reader.NextResultAsync(ct);
            using var columns = new ColumnReader();
            while (await reader.ReadAsync(ct))
            {
                var row = new EnvelopeRow(reader, columns);
                rows.Add((row, row.Decode(model)));
            }
        }
        catch (PostgresException error) when (error.SqlState.StartsWith(DataException, StringComparison.Ordinal))
        {
            // JSON that is well formed and still nothing that PostgreSQL could store: NUL, half a surrogate pair, a number beyond all bounds.
            throw new InvalidSearchException(error.MessageText + ".", error);
        }
        catch (Exception error) when (PostgresErrors.Map(error) is { } mapped)
        {
            throw mapped;
        }

        return rows;
    }

    private static NpgsqlBatchCommand Find(Leaf leaf, EventSearch search, string[]? names, long after, long upTo, int limit) =>
        new(leaf.StatementWithArchive("search_events.sql"))
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = search.TenantId },
                new NpgsqlParameter<string> { TypedValue = search.Fragment, NpgsqlDbType = NpgsqlDbType.Jsonb },
                new NpgsqlParameter<long> { TypedValue = after },
                new NpgsqlParameter<long> { TypedValue = upTo },
                new NpgsqlParameter { Value = names ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                new NpgsqlParameter<int> { TypedValue = limit },
            },
        };
}
