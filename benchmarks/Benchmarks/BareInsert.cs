using Npgsql;
using NpgsqlTypes;

namespace Monolith.Benchmarks;

/// <summary>
/// The limit of any store that commits each append by itself: a prepared INSERT of the same row, or of the same rows at once, into a table of the same
/// columns, index and keys, without a check, a fence or a partition. Every writer has a connection to itself with the statements prepared on it, and nothing between.
/// </summary>
internal sealed class BareInsert : IAsyncDisposable
{
    private const string Sql =
        """
        insert into bare (
          position, version, recorded_at, event_id, aggregate_id, event_version,
          aggregate_type, shard, tenant_id, event_type, data, metadata
        )
        values (nextval('bare_position'), $1, $2, $3, $4, 1, 'ledger', 'pool_0', $5, $6, $7, $8)
        """;

    private const string SqlOfMany =
        """
        insert into bare (
          position, version, recorded_at, event_id, aggregate_id, event_version,
          aggregate_type, shard, tenant_id, event_type, data, metadata
        )
        select nextval('bare_position'), $1 + e.place, $2, e.event_id, $4, 1, 'ledger', 'pool_0', $5, $6, e.data, $8
        from unnest($3, $7) with ordinality as e (event_id, data, place)
        """;

    private readonly List<Writer> writers = [];

    private BareInsert()
    {
    }

    public static async Task<BareInsert> Open(NpgsqlDataSource dataSource, int writers)
    {
        await CreateTable(dataSource);
        var bare = new BareInsert();
        for (var writer = 0; writer < writers; writer++)
        {
            bare.writers.Add(await Writer.Open(await dataSource.OpenConnectionAsync()));
        }

        return bare;
    }

    public static Task CreateTable(NpgsqlDataSource dataSource) => Benchmark.Execute(
        dataSource,
        """
        create sequence if not exists bare_position;
        create table if not exists bare (
          position bigint not null,
          version bigint not null check (version >= 1),
          recorded_at timestamptz not null,
          event_id uuid not null,
          aggregate_id uuid not null,
          event_version smallint not null,
          aggregate_type text collate "C" not null,
          shard text collate "C" not null,
          tenant_id text collate "C" not null,
          event_type text collate "C" not null,
          data jsonb not null,
          metadata jsonb not null,
          primary key (tenant_id, aggregate_id, version)
        );
        create index if not exists bare_position_idx on bare (position);
        """);

    public Task<int> Insert(int writer, Guid aggregateId, long version, byte[] data, byte[] metadata) => writers[writer].Insert(aggregateId, version, data, metadata);

    /// <summary>Rows of versions that follow one another.</summary>
    public Task<int> InsertMany(int writer, Guid aggregateId, long after, byte[][] data, byte[] metadata) => writers[writer].InsertMany(aggregateId, after, data, metadata);

    public async ValueTask DisposeAsync()
    {
        foreach (var writer in writers)
        {
            await writer.DisposeAsync();
        }
    }

    private sealed class Writer(NpgsqlConnection connection) : IAsyncDisposable
    {
        private readonly NpgsqlCommand command = new(Sql, connection);
        private readonly NpgsqlCommand commandOfMany = new(SqlOfMany, connection);
        private readonly NpgsqlParameter<long> version = new();
        private readonly NpgsqlParameter<DateTime> recordedAt = new() { NpgsqlDbType = NpgsqlDbType.TimestampTz };
        private readonly NpgsqlParameter<Guid> eventId = new();
        private readonly NpgsqlParameter<Guid> aggregateId = new();
        private readonly NpgsqlParameter<byte[]> data = Json();
        private readonly NpgsqlParameter<byte[]> metadata = Json();
        private readonly NpgsqlParameter<long> versionBefore = new();
        private readonly NpgsqlParameter<DateTime> recordedAtOnce = new() { NpgsqlDbType = NpgsqlDbType.TimestampTz };
        private readonly NpgsqlParameter<Guid[]> eventIds = new();
        private readonly NpgsqlParameter<Guid> aggregateIdOfMany = new();
        private readonly NpgsqlParameter<byte[][]> dataOfMany = new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb };
        private readonly NpgsqlParameter<byte[]> metadataOfMany = Json();

        public static async Task<Writer> Open(NpgsqlConnection connection)
        {
            var writer = new Writer(connection);
            writer.command.Parameters.AddRange((NpgsqlParameter[])
            [
                writer.version, writer.recordedAt, writer.eventId, writer.aggregateId, Text("acme"), Text("ledger.moved"), writer.data, writer.metadata,
            ]);
            writer.commandOfMany.Parameters.AddRange((NpgsqlParameter[])
            [
                writer.versionBefore, writer.recordedAtOnce, writer.eventIds, writer.aggregateIdOfMany, Text("acme"), Text("ledger.moved"), writer.dataOfMany, writer.metadataOfMany,
            ]);
            await writer.command.PrepareAsync();
            await writer.commandOfMany.PrepareAsync();
            return writer;
        }

        public Task<int> Insert(Guid stream, long number, byte[] json, byte[] about)
        {
            version.TypedValue = number;
            recordedAt.TypedValue = DateTime.UtcNow;
            eventId.TypedValue = Guid.CreateVersion7();
            aggregateId.TypedValue = stream;
            data.TypedValue = json;
            metadata.TypedValue = about;
            return command.ExecuteNonQueryAsync();
        }

        public Task<int> InsertMany(Guid stream, long after, byte[][] json, byte[] about)
        {
            versionBefore.TypedValue = after;
            recordedAtOnce.TypedValue = DateTime.UtcNow;
            eventIds.TypedValue = [.. json.Select(_ => Guid.CreateVersion7())];
            aggregateIdOfMany.TypedValue = stream;
            dataOfMany.TypedValue = json;
            metadataOfMany.TypedValue = about;
            return commandOfMany.ExecuteNonQueryAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await command.DisposeAsync();
            await commandOfMany.DisposeAsync();
            await connection.DisposeAsync();
        }

        private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value };

        private static NpgsqlParameter<byte[]> Json() => new() { NpgsqlDbType = NpgsqlDbType.Jsonb };
    }
}
