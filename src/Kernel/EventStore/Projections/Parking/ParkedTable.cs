using Monolith.EventSourcing;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.EventStore.Projections;

/// <summary>The statements on <c>eventstore.projection_parked</c>.</summary>
internal sealed class ParkedTable(NpgsqlDataSource dataSource, TimeProvider time)
{
    private const int LongestError = 8000;

    /// <summary>The aggregates of which events are parked.</summary>
    public async Task<HashSet<StreamId>> Streams(ProjectionShard key, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("parked_streams.sql"));
        command.Parameters.Add(Parameters.Of(key.Projection));
        command.Parameters.Add(Parameters.Of(key.Slot));
        command.Parameters.Add(Parameters.Of(key.Shard));
        var streams = new HashSet<StreamId>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            streams.Add(new(reader.GetString(0), reader.GetString(1), reader.GetGuid(2)));
        }

        return streams;
    }

    /// <summary>The statement that parks events in the transaction of a batch; several made of one stored event count once.</summary>
    public NpgsqlBatchCommand Add(ProjectionShard key, IReadOnlyList<EventEnvelope> events, ParkedFailure? failure)
    {
        var rows = events.DistinctBy(envelope => envelope.Position).ToArray();
        bool IsAtFault(EventEnvelope envelope) => envelope.Position == failure?.Position;
        return new(Statements.Text("parked_add.sql"))
        {
            Parameters =
            {
                Parameters.Of(key.Projection),
                Parameters.Of(key.Slot),
                Parameters.Of(key.Shard),
                Parameters.Of(rows.Select(row => row.Position).ToArray()),
                Parameters.Of(rows.Select(row => row.TenantId).ToArray()),
                Parameters.Of(rows.Select(row => row.AggregateType).ToArray()),
                Parameters.Of(rows.Select(row => row.AggregateId).ToArray()),
                Parameters.Of(rows.Select(row => row.Version).ToArray()),
                Parameters.Of(rows.Select(row => row.EventId).ToArray()),
                Parameters.Of(rows.Select(row => row.EventType).ToArray()),
                Parameters.Of(rows.Select(row => IsAtFault(row) ? failure!.Attempts : 0).ToArray()),
                new NpgsqlParameter
                {
                    Value = rows.Select(row => IsAtFault(row) ? Text(failure!.Problem) : null).ToArray(),
                    NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text,
                },
                Parameters.Of(time.GetUtcNow()),
            },
        };
    }

    /// <summary>The parked events of an aggregate, oldest first: where they stand and whether they are to be left out.</summary>
    public async Task<IReadOnlyList<(long Position, bool Skip)>> OfStream(ProjectionShard key, StreamId stream, int limit, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("parked_of_stream.sql"));
        command.Parameters.Add(Parameters.Of(key.Projection));
        command.Parameters.Add(Parameters.Of(key.Slot));
        command.Parameters.Add(Parameters.Of(key.Shard));
        command.Parameters.Add(Parameters.Of(stream.TenantId));
        command.Parameters.Add(Parameters.Of(stream.AggregateType));
        command.Parameters.Add(Parameters.Of(stream.AggregateId));
        command.Parameters.Add(Parameters.Of(limit));
        var rows = new List<(long, bool)>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            rows.Add((reader.GetInt64(0), reader.GetBoolean(1)));
        }

        return rows;
    }

    /// <summary>The statement that ends the parking of events, in the transaction of the batch that takes them.</summary>
    public NpgsqlBatchCommand Remove(ProjectionShard key, IReadOnlyCollection<long> positions) => new(Statements.Text("parked_remove.sql"))
    {
        Parameters =
        {
            Parameters.Of(key.Projection),
            Parameters.Of(key.Slot),
            Parameters.Of(key.Shard),
            Parameters.Of(positions.ToArray()),
            Parameters.Of(time.GetUtcNow()),
        },
    };

    /// <summary>Records that an event failed again; it is not tried once more before an operator asks.</summary>
    public async Task FailedAgain(ProjectionShard key, long position, Exception problem, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("parked_failed_again.sql"));
        command.Parameters.Add(Parameters.Of(key.Projection));
        command.Parameters.Add(Parameters.Of(key.Slot));
        command.Parameters.Add(Parameters.Of(key.Shard));
        command.Parameters.Add(Parameters.Of(position));
        command.Parameters.Add(Parameters.Of(Text(problem)));
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>What went wrong, of one projection or of all.</summary>
    public async Task<IReadOnlyList<ParkedEvent>> List(string? projection, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("parked_list.sql"));
        command.Parameters.Add(Parameters.OfNullable(projection));
        var events = new List<ParkedEvent>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            events.Add(new(
                reader.GetString(0),
                reader.GetString(1) == ProjectionShard.Shadow,
                reader.GetString(2),
                reader.GetInt64(3),
                new(reader.GetString(4), reader.GetString(5), reader.GetGuid(6)),
                reader.GetInt64(7),
                reader.GetGuid(8),
                reader.GetString(9),
                reader.GetInt32(10),
                reader.GetString(11),
                reader.GetFieldValue<DateTimeOffset>(12),
                reader.IsDBNull(13) ? null : reader.GetFieldValue<DateTimeOffset>(13),
                reader.GetInt64(14)));
        }

        return events;
    }

    /// <summary>Asks to try the event at a position again, or all of a projection.</summary>
    public async Task<int> Retry(string projection, long? position, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("parked_retry.sql"));
        command.Parameters.Add(Parameters.Of(projection));
        command.Parameters.Add(Parameters.OfNullable(position));
        command.Parameters.Add(Parameters.Of(time.GetUtcNow()));
        return await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Asks to leave the event at a position out.</summary>
    public async Task<int> Skip(string projection, long position, string reason, string by, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("parked_skip.sql"));
        command.Parameters.Add(Parameters.Of(projection));
        command.Parameters.Add(Parameters.Of(position));
        command.Parameters.Add(Parameters.Of(reason));
        command.Parameters.Add(Parameters.Of(by));
        command.Parameters.Add(Parameters.Of(time.GetUtcNow()));
        return await command.ExecuteNonQueryAsync(ct);
    }

    // NUL cannot be stored as text, and an event that cannot be read may well have brought one into the message.
    private static string Text(Exception problem)
    {
        var text = (problem is ProjectionFailedException { InnerException: { } cause } ? cause : problem).ToString().Replace('\0', ' ');
        return text.Length <= LongestError ? text : text[..LongestError];
    }
}

/// <summary>Why an event is parked.</summary>
internal sealed record ParkedFailure(long Position, int Attempts, Exception Problem);
