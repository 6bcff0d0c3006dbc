using System.Diagnostics;
using Npgsql;

namespace Monolith.EmbeddedPostgres.Tests;

/// <summary>What the tests ask of a server and of the machine.</summary>
internal static class Queries
{
    public static async Task<T?> Ask<T>(string connectionString, string sql, CancellationToken ct)
    {
        await using var connection = await Login.Open(connectionString, ct);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T?)await command.ExecuteScalarAsync(ct);
    }

    public static async Task<bool> Answers(string connectionString, CancellationToken ct)
    {
        try
        {
            return await Ask<int>(connectionString, "select 1", ct) == 1;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    /// <summary>The server's process, by the first line of its <c>postmaster.pid</c>.</summary>
    public static Process ServerProcess(string directory) =>
        Process.GetProcessById(int.Parse(File.ReadLines(Path.Combine(directory, "data", "postmaster.pid")).First()));
}
