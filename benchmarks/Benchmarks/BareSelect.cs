using Npgsql;

namespace Monolith.Benchmarks;

/// <summary>
/// The limit of any load in one round trip: prepared SELECTs of the same rows by their key, from a connection of the pool. The columns are read, nothing is decoded or folded.
/// </summary>
internal sealed class BareSelect(NpgsqlDataSource dataSource, Guid snapped, Guid unsnapped)
{
    private const string LastSnapshot = "select version, state from bare_snapshots where tenant_id = 'acme' and aggregate_id = $1 order by version desc limit 1";
    private const string EventsAfter =
        "select version, event_type, event_version, data from bare where tenant_id = 'acme' and aggregate_id = $1 and version > $2 and version <= $3 order by version";

    private long snapshotVersion;

    /// <summary>Copies what a store holds of two streams, one with snapshots and one without.</summary>
    public static async Task<BareSelect> Copy(NpgsqlDataSource dataSource, Guid snapped, Guid unsnapped)
    {
        await BareInsert.CreateTable(dataSource);
        await Benchmark.Execute(
            dataSource,
            """
            insert into bare
            select position, version, recorded_at, event_id, aggregate_id, event_version, aggregate_type, shard, tenant_id, event_type, data, metadata
            from eventstore.events;
            create table bare_snapshots as select tenant_id, aggregate_id, version, state from eventstore.snapshots;
            alter table bare_snapshots add primary key (tenant_id, aggregate_id, version);
            """);
        await Benchmark.Execute(dataSource, "vacuum analyze");
        await using var command = dataSource.CreateCommand("select coalesce(max(version), 0) from bare_snapshots where aggregate_id = $1");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = snapped });
        return new(dataSource, snapped, unsnapped) { snapshotVersion = (long)(await command.ExecuteScalarAsync())! };
    }

    /// <summary>The snapshot and the events after it, in one round trip. The number of rows.</summary>
    public async Task<int> SnapshotAndTail()
    {
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(new(LastSnapshot) { Parameters = { new NpgsqlParameter<Guid> { TypedValue = snapped } } });
        batch.BatchCommands.Add(Events(snapped, snapshotVersion, long.MaxValue));
        return await Read(batch);
    }

    /// <summary>All events up to a version. The number of rows.</summary>
    public async Task<int> All(long upTo)
    {
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(Events(unsnapped, after: 0, upTo));
        return await Read(batch);
    }

    private static NpgsqlBatchCommand Events(Guid stream, long after, long upTo) => new(EventsAfter)
    {
        Parameters =
        {
            new NpgsqlParameter<Guid> { TypedValue = stream },
            new NpgsqlParameter<long> { TypedValue = after },
            new NpgsqlParameter<long> { TypedValue = upTo },
        },
    };

    private static async Task<int> Read(NpgsqlBatch batch)
    {
        await using var reader = await batch.ExecuteReaderAsync();
        var (rows, read) = (0, 0L);
        do
        {
            while (await reader.ReadAsync())
            {
                rows++;
                read += reader.GetInt64(0) + reader.GetFieldValue<byte[]>(reader.FieldCount - 1).Length;
                read += reader.FieldCount == 2 ? 0 : reader.GetString(1).Length + reader.GetInt16(2);
            }
        }
        while (await reader.NextResultAsync());
        Benchmark.Expect(expected: true, read > rows);
        return rows;
    }
}
