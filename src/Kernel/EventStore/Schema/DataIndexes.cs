using Microsoft.Extensions.Logging;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>Builds the indexes on event data that aggregate types have begun to ask for, and drops those that they no longer ask for.</summary>
/// <remarks>
/// <para>
/// Concurrently, after the migration's transaction: a plain build would keep appends to a leaf waiting for as long as it takes, minutes for tens of millions of
/// events, and within the migration for all leaves together. What it costs instead: the leaf is read twice, and the build waits for every
/// transaction of the database that was open when it began, also for those that only read. New partitions get theirs when they are made, while they
/// are empty.
/// </para>
/// <para>
/// One host at a time. The others must not wait for their turn in the server, where a wait is an open transaction that the builder waits for in turn:
/// they ask again. A build that was interrupted leaves an invalid index, which the next migration drops and builds anew.
/// </para>
/// </remarks>
internal sealed partial class DataIndexes(NpgsqlDataSource dataSource, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(200);

    public async Task Adjust(CancellationToken ct)
    {
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        if ((await Changes(connection, ct)).Count == 0)
        {
            return;
        }

        while (!await Lock(connection, ct))
        {
            await Task.Delay(BetweenLooks, time, ct);
        }

        try
        {
            foreach (var statement in await Changes(connection, ct))
            {
                LogChanging(statement);
                await using var change = new NpgsqlCommand(statement, connection) { CommandTimeout = 0 };
                await change.ExecuteNonQueryAsync(ct);
            }
        }
        finally
        {
            await Unlock(connection);
        }
    }

    private static async Task<List<string>> Changes(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Statements.Text("data_index_changes.sql"), connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var statements = new List<string>();
        while (await reader.ReadAsync(ct))
        {
            statements.Add(reader.GetString(0));
        }

        return statements;
    }

    private static async Task<bool> Lock(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Statements.Text("index_lock.sql"), connection);
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    private static async Task Unlock(NpgsqlConnection connection)
    {
        // A broken connection has given the lock back already.
        if (connection.State == System.Data.ConnectionState.Open)
        {
            await using var command = new NpgsqlCommand(Statements.Text("index_unlock.sql"), connection);
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    [LoggerMessage(2, LogLevel.Information, "Index on event data: {Statement}.")]
    private partial void LogChanging(string statement);
}
