using System.Data;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>
/// Leaves no trace of a use that changes its session: channels that are listened to, locks of the session, temporary tables. The store's pools
/// do not reset connections, see <see cref="ConnectionStrings.Tune"/>.
/// </summary>
internal static class SessionRestoring
{
    private const int Timeout = 5;

    /// <summary>Makes an open connection fit for whoever takes it from the pool next, or not to be taken again.</summary>
    public static async Task RestoreSession(this NpgsqlConnection connection, NpgsqlDataSource pool)
    {
        if (connection.State != ConnectionState.Open)
        {
            return;
        }

        try
        {
            await using var command = new NpgsqlCommand(Statements.Text("restore_session.sql"), connection) { CommandTimeout = Timeout };
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            pool.Clear();
        }
    }
}
