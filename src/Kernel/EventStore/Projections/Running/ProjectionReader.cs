using System.Runtime.CompilerServices;
using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>
/// Reads the feed for projections: an event that cannot be read comes as an <see cref="UnreadableEvent"/> and stops nobody else. A shard is read with its
/// archive, so archiving a stream changes nothing of what a projection sees, and when.
/// </summary>
internal sealed class ProjectionReader(NpgsqlDataSource dataSource, DomainModel model)
{
    internal const string OfSeveralLeaves = "and aggregate_type = any ($4) and shard = any ($5)";
    private const int PageSize = 1000;
    private const int FirstOfFilter = 4;

    /// <summary>Events of some aggregate types in one shard: of all its tenants, or of one.</summary>
    public Task<FeedPage> ReadShard(
        string shard, IReadOnlyList<string> aggregateTypes, long after, long upTo, int limit, CancellationToken ct, string? tenantId = null) =>
        ReadShard(connection: null, shard, aggregateTypes, after, upTo, limit, tenantId, sample: null, ct);

    /// <summary>The same on a connection of the caller's: all events, or those of the aggregates in a sample.</summary>
    public Task<FeedPage> ReadShard(
        NpgsqlConnection connection, string shard, IReadOnlyList<string> aggregateTypes, long after, long upTo, int limit, KeySample? sample, CancellationToken ct) =>
        ReadShard(connection, shard, aggregateTypes, after, upTo, limit, tenantId: null, sample, ct);

    /// <summary>All events of one aggregate up to a position, page by page, on a connection of the caller's.</summary>
    public async IAsyncEnumerable<IReadOnlyList<EventEnvelope>> ReadAggregate(
        NpgsqlConnection connection, string shard, string tenantId, Guid aggregateId, IReadOnlyList<string> aggregateTypes, long upTo,
        [EnumeratorCancellation] CancellationToken ct)
    {
        for (var after = 0L; after < upTo;)
        {
            var events = new List<EventEnvelope>();
            await using (var command = new NpgsqlCommand(Statements.Text("aggregate_events.sql"), connection))
            {
                command.Parameters.Add(Parameters.Of(tenantId));
                command.Parameters.Add(Parameters.Of(aggregateId));
                command.Parameters.Add(Parameters.Of(aggregateTypes.ToArray()));
                command.Parameters.Add(Parameters.Of(after));
                command.Parameters.Add(Parameters.Of(upTo));
                command.Parameters.Add(Parameters.Of(PageSize));
                command.Parameters.Add(Parameters.Of(WithArchives([shard])));
                after = await Run(command, upTo, PageSize, (_, envelope) => events.Add(envelope), ct);
            }

            yield return events;
        }
    }

    /// <summary>Events of some aggregate types in several shards, each with its shard.</summary>
    public async Task<TailPage> ReadShards(
        IReadOnlyList<string> shards, IReadOnlyList<string> aggregateTypes, long after, long upTo, int limit, CancellationToken ct)
    {
        var events = new List<(string, EventEnvelope)>();
        await using var command = Command("events", OfSeveralLeaves, after, upTo, limit);
        command.Parameters.Add(Parameters.Of(aggregateTypes.ToArray()));
        command.Parameters.Add(Parameters.Of(WithArchives(shards)));
        var last = await Run(command, upTo, limit, (shard, envelope) => events.Add((shard, envelope)), ct);
        return new(events, last);
    }

    /// <summary>Stored events of one aggregate type in one shard by their positions.</summary>
    public async Task<IReadOnlyList<EventEnvelope>> ReadPositions(string shard, string aggregateType, IEnumerable<long> positions, CancellationToken ct)
    {
        var events = new List<EventEnvelope>();
        await using var command = dataSource.CreateCommand(Leaf.Of(aggregateType, shard).StatementWithArchive("parked_events.sql"));
        command.Parameters.Add(Parameters.Of(positions.ToArray()));
        await Run(command, upTo: 0, limit: int.MaxValue, (_, envelope) => events.Add(envelope), ct);
        return events;
    }

    private async Task<FeedPage> ReadShard(
        NpgsqlConnection? connection, string shard, IReadOnlyList<string> aggregateTypes, long after, long upTo, int limit, string? tenantId, KeySample? sample,
        CancellationToken ct)
    {
        var isOneType = aggregateTypes.Count == 1;
        var filter = isOneType ? Leaf.InShard(shard) : OfSeveralLeaves;
        List<NpgsqlParameter> values = isOneType ? [] : [Parameters.Of(aggregateTypes.ToArray()), Parameters.Of(WithArchives([shard]))];
        if (tenantId is not null)
        {
            filter += $" and tenant_id = ${FirstOfFilter + values.Count}";
            values.Add(Parameters.Of(tenantId));
        }

        if (sample is not null)
        {
            filter += $" and eventstore.is_sampled(${FirstOfFilter + values.Count}, tenant_id, aggregate_id::text, ${FirstOfFilter + values.Count + 1})";
            values.AddRange([Parameters.Of(sample.Seed), Parameters.Of(sample.Threshold)]);
        }

        await using var command = Command(isOneType ? $"events_{aggregateTypes[0]}" : "events", filter, after, upTo, limit, connection);
        command.Parameters.AddRange(values.ToArray());
        if (sample is not null)
        {
            // Few events of many: it may look at all of them.
            command.CommandTimeout = 0;
        }

        var events = new List<EventEnvelope>();
        var last = await Run(command, upTo, limit, (_, envelope) => events.Add(envelope), ct);
        return new(events, last);
    }

    private NpgsqlCommand Command(string events, string filter, long after, long upTo, int limit, NpgsqlConnection? connection = null)
    {
        var text = Statement(events, filter);
        var command = connection is null ? dataSource.CreateCommand(text) : new NpgsqlCommand(text, connection);
        command.Parameters.Add(Parameters.Of(after));
        command.Parameters.Add(Parameters.Of(upTo));
        command.Parameters.Add(Parameters.Of(limit));
        return command;
    }

    /// <summary>The statement for the leaves that the filter names.</summary>
    internal static string Statement(string events, string filter) => Statements.Text("projection_events.sql")
        .Replace("{events}", events, StringComparison.Ordinal)
        .Replace("{filter}", filter, StringComparison.Ordinal);

    private static string[] WithArchives(IEnumerable<string> shards) => [.. shards.SelectMany(shard => (string[])[shard, Leaf.ArchiveOf(shard)])];

    private async Task<long> Run(NpgsqlCommand command, long upTo, int limit, Action<string, EventEnvelope> take, CancellationToken ct)
    {
        var rows = 0;
        long last = upTo;
        using var columns = new ColumnReader();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            rows++;
            var row = new EnvelopeRow(reader, columns);
            last = row.Position;
            var shard = Leaf.ShardOf(columns.Name(reader, 11));
            try
            {
                var decoded = row.Decode(model);
                for (var i = 0; i < decoded.Count; i++)
                {
                    take(shard, row.Envelope(decoded[i]));
                }
            }
            catch (EventSourcingException problem)
            {
                take(shard, row.Envelope(new UnreadableEvent(problem, model.FindEvent(row.EventType)?.ClrType)));
            }
        }

        return rows < limit ? upTo : last;
    }
}

/// <summary>A part of the feed of several shards.</summary>
internal sealed record TailPage(IReadOnlyList<(string Shard, EventEnvelope Envelope)> Events, long LastPosition);
