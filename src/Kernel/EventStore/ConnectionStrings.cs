using Npgsql;

namespace Monolith.EventStore;

/// <summary>Connection strings that suit the store.</summary>
public static class ConnectionStrings
{
    /// <summary>
    /// Adds what the store profits from where the string does not say otherwise. Statements are prepared after their second use, and the least
    /// used of 250 make room, so that a thousand partitions do not fill the server's memory. A connection that goes back to its pool is not reset.
    /// </summary>
    /// <remarks>
    /// To reset costs each use of a connection six more statements of the server, a quarter of the time of a load. The store leaves nothing in a session, so
    /// whoever shares its connections does not either: settings with <c>set local</c>, locks of transactions, temporary tables with <c>on commit drop</c>. Else say
    /// <c>No Reset On Close=false</c>.
    /// </remarks>
    public static string Tune(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        var given = builder.Keys.ToHashSet(StringComparer.Ordinal); // ContainsKey says of every setting that exists that it is there.
        if (!given.Contains("Max Auto Prepare"))
        {
            builder.MaxAutoPrepare = 250;
            builder.AutoPrepareMinUsages = 2;
        }

        if (!given.Contains("No Reset On Close"))
        {
            builder.NoResetOnClose = true;
        }

        if (!given.Contains("Application Name"))
        {
            builder.ApplicationName = "monolith";
        }

        return builder.ConnectionString;
    }
}
