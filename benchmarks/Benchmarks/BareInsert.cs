using Npgsql;
using NpgsqlTypes;

namespace Monolith.Benchmarks;

/// <summary>
/// The limit of any store that commits each append by itself: a prepared INSERT of the same row into a table of the same columns, index and keys,
/// without a check, a fence or a partition. Every writer has a connection to itself with the statement prepared on it, and nothing between.
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
        private readonly NpgsqlParameter<long> version = new();
        private readonly NpgsqlParameter<DateTime> recordedAt = new() { NpgsqlDbType = NpgsqlDbType.TimestampTz };
        private readonly NpgsqlParameter<Guid> eventId = new();
        private readonly NpgsqlParameter<Guid> aggregateId = new();
        private readonly NpgsqlParameter<string> tenant = new() { TypedValue = "acme" };
        private readonly NpgsqlParameter<string> eventType = new() { TypedValue = "ledger.moved" };
        private readonly NpgsqlParameter<byte[]> data = new() { NpgsqlDbType = NpgsqlDbType.Jsonb };
        private readonly NpgsqlParameter<byte[]> metadata = new() { NpgsqlDbType = NpgsqlDbType.Jsonb };

        public static async Task<Writer> Open(NpgsqlConnection connection)
        {
            var writer = new Writer(connection);
            writer.command.Parameters.AddRange((NpgsqlParameter[])
            [
                writer.version, writer.recordedAt, writer.eventId, writer.aggregateId, writer.tenant, writer.eventType, writer.data, writer.metadata,
            ]);
            await writer.command.PrepareAsync();
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

        public async ValueTask DisposeAsync()
        {
            await command.DisposeAsync();
            await connection.DisposeAsync();
        }
    }
}
