using Npgsql;

namespace Monolith.EventStore;

/// <summary>Connection strings that suit the store.</summary>
public static class ConnectionStrings
{
    /// <summary>
    /// Adds what the store profits from where the string does not say otherwise: statements are prepared after their second use, and the least
    /// used of 250 make room, so that a thousand partitions do not fill the server's memory.
    /// </summary>
    public static string Tune(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        var given = builder.Keys.ToHashSet(StringComparer.Ordinal); // ContainsKey says of every setting that exists that it is there.
        if (!given.Contains("Max Auto Prepare"))
        {
            builder.MaxAutoPrepare = 250;
            builder.AutoPrepareMinUsages = 2;
        }

        if (!given.Contains("Application Name"))
        {
            builder.ApplicationName = "monolith";
        }

        return builder.ConnectionString;
    }
}
