using Monolith.LoadTest.Stores;
using Npgsql;

namespace Monolith.LoadTest.Reporting;

/// <summary>The server in a sentence. Its settings are the defaults, and every commit is on disk before it is acknowledged: else there is nothing to report.</summary>
internal static class Server
{
    // Where it lies, how it is reached and how it speaks do not change how fast it is.
    private const string Settings =
        """
        select string_agg(name || ' = ' || current_setting(name), ', ' order by name)
        from pg_settings
        where source in ('configuration file', 'command line', 'database', 'user', 'database user', 'global', 'environment variable')
          and setting is distinct from boot_val
          and lower(name) !~ '(director|_file|^lc_|timezone|datestyle|text_search|listen|^port$|^log|cluster_name|ssl|unix_socket|event_source|application_name|client_)'
        """;

    public static async Task<string> Describe(NpgsqlDataSource dataSource)
    {
        foreach (var durable in (string[])["fsync", "synchronous_commit", "full_page_writes"])
        {
            var value = await LoadDatabase.Ask<string>(dataSource, $"select current_setting('{durable}')");
            UnsoundException.Unless(value == "on", $"{durable} is {value}: commits would not be durable, and their times worth nothing.");
        }

        var version = await LoadDatabase.Ask<string>(dataSource, "select current_setting('server_version')");
        var buffers = await LoadDatabase.Ask<string>(dataSource, "select current_setting('shared_buffers')");
        var other = await LoadDatabase.Ask<string?>(dataSource, Settings);
        return $"PostgreSQL {version}, fsync, synchronous_commit and full_page_writes on, shared_buffers {buffers}, {(other is null ? "everything else" : other + ", everything else")} as it comes. Server and program share the machine.";
    }
}
