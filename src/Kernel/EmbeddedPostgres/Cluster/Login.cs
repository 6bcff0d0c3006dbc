using Npgsql;

namespace Monolith.EmbeddedPostgres;

/// <summary>Connections to a server of ours.</summary>
internal static class Login
{
    private static readonly TimeSpan RecoveryTime = TimeSpan.FromMinutes(2);

    public static string ConnectionString(int port, string password, string database) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = port,
        Username = "postgres",
        Password = password,
        Database = database,
        // Nothing leaves the machine, and asking for encryption costs round trips.
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;

    /// <summary>A connection of its own, outside every pool, so that no pool keeps a connection to a server that is stopped.</summary>
    public static async Task<NpgsqlConnection> Open(string connectionString, CancellationToken ct)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Timeout = 5 }.ConnectionString);
        try
        {
            await connection.OpenAsync(ct);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>The port of the server that runs on this folder's data, waiting while it recovers; null when none does.</summary>
    public static async Task<int?> RunningPort(ClusterFolder folder, CancellationToken ct)
    {
        var end = Environment.TickCount64 + (long)RecoveryTime.TotalMilliseconds;
        while (folder.RunningPort is { } port && folder.Password is { } password)
        {
            try
            {
                await using var connection = await Open(ConnectionString(port, password, "postgres"), ct);
                // A copy of a folder has its password and its postmaster.pid too: only the server itself knows where it lives.
                await using var command = new NpgsqlCommand("show data_directory", connection);
                return (string?)await command.ExecuteScalarAsync(ct) is { } data && Path.GetFullPath(data) == folder.Data ? port : null;
            }
            catch (PostgresException starting) when (starting.SqlState == PostgresErrorCodes.CannotConnectNow && Environment.TickCount64 < end)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), ct);
            }
            catch (PostgresException full) when (full.SqlState == PostgresErrorCodes.TooManyConnections)
            {
                // It cannot be asked; a stranger that took the port would refuse our password to every user later.
                return port;
            }
            catch (NpgsqlException)
            {
                return null;
            }
        }

        return null;
    }
}
