using Monolith.LoadTest.Stores;
using Npgsql;

namespace Monolith.LoadTest.Growth;

/// <summary>The same row in a table that stays small: a prepared INSERT with a commit of its own, by connections that are kept. It tells what the store makes slower from what the machine does.</summary>
internal sealed class BareInsert : IAsyncDisposable
{
    private const string Table =
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
        truncate bare
        """;

    private const string Insert =
        """
        insert into bare (position, version, recorded_at, event_id, aggregate_id, event_version, aggregate_type, shard, tenant_id, event_type, data, metadata)
        values (nextval('bare_position'), $1, now(), $2, $3, 1, 'ledger', 'pool_0', 'tenant-0', 'ledger.moved', $4::jsonb, '{}')
        """;

    private readonly List<NpgsqlCommand> commands = [];

    public static async Task<BareInsert> Open(LoadDatabase database, int writers)
    {
        await database.Execute(Table);
        var bare = new BareInsert();
        for (var i = 0; i < writers; i++)
        {
            var connection = await database.DataSource.OpenConnectionAsync();
            var command = new NpgsqlCommand(Insert, connection)
            {
                Parameters =
                {
                    new NpgsqlParameter<long>(),
                    new NpgsqlParameter<Guid>(),
                    new NpgsqlParameter<Guid>(),
                    new NpgsqlParameter<string> { TypedValue = """{"amount": 1.25, "balance": 62.50, "reference": "movement 50"}""" },
                },
            };
            await command.PrepareAsync();
            bare.commands.Add(command);
        }

        return bare;
    }

    public async Task Append(int writer, Guid stream, long version)
    {
        var command = commands[writer];
        ((NpgsqlParameter<long>)command.Parameters[0]).TypedValue = version;
        ((NpgsqlParameter<Guid>)command.Parameters[1]).TypedValue = Guid.CreateVersion7();
        ((NpgsqlParameter<Guid>)command.Parameters[2]).TypedValue = stream;
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var command in commands)
        {
            var connection = command.Connection!;
            await command.DisposeAsync();
            await connection.DisposeAsync();
        }
    }
}
