using Xunit;

namespace Monolith.Testing.Tests.Postgres;

/// <summary>A server that the environment names outlives the test process, so what is left on it matters.</summary>
public class GivenServerTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_finished_run_leaves_nothing_behind()
    {
        await using var home = await postgres.CreateDatabase(Ct);
        var run = new PostgresFixture(home.ConnectionString);
        var forgotten = await run.CreateDatabase(new DatabaseTemplate("empty", _ => Task.CompletedTask), Ct);

        Assert.Contains(forgotten.Name, await Databases(home));
        await run.DisposeAsync();

        Assert.DoesNotContain(await Databases(home), name => name.StartsWith(RunOf(forgotten), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_killed_run_is_swept_by_the_next_and_a_running_one_is_not()
    {
        await using var home = await postgres.CreateDatabase(Ct);
        await using var running = new PostgresFixture(home.ConnectionString);
        await using var runs = await running.CreateDatabase(Ct);
        var killed = new PostgresFixture(home.ConnectionString);
        await using var abandoned = await killed.CreateDatabase(Ct);
        await EndSessions(home, RunOf(abandoned));

        await using var next = new PostgresFixture(home.ConnectionString);
        await using var first = await next.CreateDatabase(Ct);

        var databases = await Databases(home);
        Assert.Contains(runs.Name, databases);
        Assert.Contains(first.Name, databases);
        Assert.DoesNotContain(abandoned.Name, databases);
    }

    private static string RunOf(TestDatabase database) => database.Name[..database.Name.LastIndexOf('_')];

    private static async Task EndSessions(TestDatabase home, string run)
    {
        await using var end = home.DataSource.CreateCommand("select pg_terminate_backend(pid, 10000) from pg_stat_activity where application_name = $1");
        end.Parameters.Add(new() { Value = run });
        await end.ExecuteNonQueryAsync(Ct);
    }

    private static async Task<List<string>> Databases(TestDatabase home)
    {
        var names = new List<string>();
        await using var command = home.DataSource.CreateCommand("select datname from pg_database");
        await using var rows = await command.ExecuteReaderAsync(Ct);
        while (await rows.ReadAsync(Ct))
        {
            names.Add(rows.GetString(0));
        }

        return names;
    }
}
