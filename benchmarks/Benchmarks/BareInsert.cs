using Npgsql;
using NpgsqlTypes;

namespace Monolith.Benchmarks;

/// <summary>
/// The limit of any store that commits each append by itself: a prepared INSERT of the same row into a table of the same columns, index and keys,
/// without a check, a fence or a partition.
/// </summary>
internal sealed class BareInsert(NpgsqlDataSource dataSource)
{
    private const string Sql =
        """
        insert into bare (
          position, version, recorded_at, event_id, aggregate_id, event_version,
          aggregate_type, shard, tenant_id, event_type, data, metadata
        )
        values (nextval('bare_position'), $1, $2, $3, $4, 1, 'ledger', 'pool_0', 'acme', 'ledger.moved', $5, $6)
        """;

    public async Task Create()
    {
        await using var command = dataSource.CreateCommand(
            """
            create sequence if not exists bare_position;
            create table if not exists bare (
              position bigint not null,
              version bigint not null,
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
        await command.ExecuteNonQueryAsync();
    }

    public async Task Insert(Guid aggregateId, long version, byte[] data, byte[] metadata)
    {
        await using var command = dataSource.CreateCommand(Sql);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = version });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = DateTimeOffset.UtcNow, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Guid.CreateVersion7() });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = aggregateId });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = data, NpgsqlDbType = NpgsqlDbType.Jsonb });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = metadata, NpgsqlDbType = NpgsqlDbType.Jsonb });
        await command.ExecuteNonQueryAsync();
    }
}
