using Npgsql;

namespace Monolith.Testing;

/// <summary>
/// Marks the databases and roles of a run as being in use, by a session that is named like them. Those whose run has no session were left by one
/// that was killed, and are dropped: a server that was given outlives its runs.
/// </summary>
internal sealed class RunLease : IAsyncDisposable
{
    private const string DeadDatabases =
        """
        select database.datname
        from pg_database database
        where database.datname ~ '^monolith_test_[0-9a-f]{12}_'
          and not exists (
            select
            from pg_stat_activity session
            where session.application_name = substring(database.datname from '^monolith_test_[0-9a-f]{12}'))
        """;

    private const string DatabasesOfThisRun = "select datname from pg_database where starts_with(datname, current_setting('application_name') || '_')";

    private const string DeadRoles =
        """
        select role.rolname
        from pg_roles role
        where role.rolname ~ '^monolith_test_[0-9a-f]{12}_'
          and not exists (
            select
            from pg_stat_activity session
            where session.application_name = substring(role.rolname from '^monolith_test_[0-9a-f]{12}'))
        """;

    private const string RolesOfThisRun = "select rolname from pg_roles where starts_with(rolname, current_setting('application_name') || '_')";

    private readonly NpgsqlConnection session;

    private RunLease(NpgsqlConnection session) => this.session = session;

    public static async Task<RunLease> Take(string connectionString, string run)
    {
        var lease = new RunLease(new(new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = run,
            Pooling = false,
            KeepAlive = 30,
        }.ConnectionString));
        try
        {
            await lease.session.OpenAsync();
            await lease.Sweep();
            return lease;
        }
        catch
        {
            await lease.session.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await using (session)
        {
            await Drop("database", DatabasesOfThisRun);
            await Drop("role", RolesOfThisRun);
        }
    }

    // One run at a time, because several start at the same moment when a solution's tests do. The lock ends with the session at the latest.
    private async Task Sweep()
    {
        await Execute("select pg_advisory_lock(hashtext('monolith_test'))");
        await Drop("database", DeadDatabases);
        await Drop("role", DeadRoles);
        await Execute("select pg_advisory_unlock(hashtext('monolith_test'))");
    }

    private async Task Drop(string kind, string query)
    {
        var names = new List<string>();
        await using (var command = new NpgsqlCommand(query, session))
        await using (var rows = await command.ExecuteReaderAsync())
        {
            while (await rows.ReadAsync())
            {
                names.Add(rows.GetString(0));
            }
        }

        foreach (var name in names)
        {
            await Execute($"drop {kind} if exists {name}{(kind == "database" ? " with (force)" : "")}");
        }
    }

    private async Task Execute(string sql)
    {
        await using var command = new NpgsqlCommand(sql, session);
        await command.ExecuteNonQueryAsync();
    }
}
