using Monolith.Testing;
using Npgsql;

namespace Monolith.EventStore.Tests.Sessions;

/// <summary>Pools of the store do not reset connections, so what the store does in a session it undoes.</summary>
public sealed class SessionRestoringTests(PostgresFixture postgres)
{
    private const string Traces = """
        select
          (select count(*) from pg_listening_channels())
          + (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid())
          + (select count(*) from pg_class where relpersistence = 't' and relnamespace = pg_my_temp_schema())
          + (current_setting('lock_timeout') <> '0')::int
        """;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_restored_session_listens_to_nothing_holds_no_lock_has_no_temporary_table_and_the_settings_it_began_with()
    {
        await using var dataSource = await OneConnection();
        await using (var connection = await dataSource.OpenConnectionAsync(Ct))
        {
            await Execute(connection, "listen news");
            await Execute(connection, "select pg_advisory_lock(4711)");
            await Execute(connection, "create temporary table notes (id int)");
            await Execute(connection, "set lock_timeout = '1s'");
            Assert.Equal(4, await Count(connection, Traces));

            await connection.RestoreSession(dataSource);
        }

        await using var next = await dataSource.OpenConnectionAsync(Ct);
        Assert.Equal(0, await Count(next, Traces));
    }

    [Fact]
    public async Task What_was_prepared_stays_prepared()
    {
        await using var dataSource = await OneConnection();
        await using var connection = await dataSource.OpenConnectionAsync(Ct);
        await using var prepared = new NpgsqlCommand("select 42", connection);
        await prepared.PrepareAsync(Ct);

        await connection.RestoreSession(dataSource);

        Assert.Equal(42, await prepared.ExecuteScalarAsync(Ct));
        Assert.Equal(1, await Count(connection, "select count(*) from pg_prepared_statements where statement = 'select 42'"));
    }

    [Fact]
    public async Task A_session_that_cannot_be_restored_is_not_used_again()
    {
        await using var dataSource = await OneConnection();
        long first;
        await using (var connection = await dataSource.OpenConnectionAsync(Ct))
        {
            first = await Count(connection, "select pg_backend_pid()::bigint");
            await Execute(connection, "select pg_advisory_lock(4711)");
            await Execute(connection, "begin");
            await Assert.ThrowsAsync<PostgresException>(() => Execute(connection, "select 1 / 0"));

            // Nothing but the end of the transaction is taken now.
            await connection.RestoreSession(dataSource);
        }

        await using var next = await dataSource.OpenConnectionAsync(Ct);
        Assert.NotEqual(first, await Count(next, "select pg_backend_pid()::bigint"));
    }

    private static async Task Execute(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Ct);
    }

    private static async Task<long> Count(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync(Ct))!;
    }

    private async Task<NpgsqlDataSource> OneConnection()
    {
        var database = await postgres.CreateDatabase(Ledger.Database, Ct);
        return NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ConnectionStrings.Tune(database.ConnectionString)) { MaxPoolSize = 1 });
    }
}
