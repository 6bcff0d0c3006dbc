using System.Net.Http.Json;
using Monolith.EndToEnd.Tests.Processes;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using Npgsql;

namespace Monolith.EndToEnd.Tests.Commands;

/// <summary>What operators do to projections from a shell, while a host runs.</summary>
public sealed class ProjectionsTests(PostgresFixture postgres)
{
    private const string Summaries = "accounts.account_summaries";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Projections_are_listed_rebuilt_verified_and_mended_while_a_host_runs()
    {
        await using var database = await StoreOfModules.CreateMigrated(postgres, Ct);
        await using var host = await HostProcess.Start("Development", $"--ConnectionStrings:Monolith={database.ConnectionString}");
        for (var i = 0; i < 5; i++)
        {
            using var opened = await host.Client.PostAsJsonAsync("/api/accounts", new { holder = "Ada", currency = "EUR" }, Ct);
            opened.EnsureSuccessStatusCode();
        }

        await database.DataSource.Until("select count(*) = 5 from accounts.mt_doc_accountsummary", Ct);

        var listed = (await Run("list")).ShouldEnd(0).Output;
        Assert.Contains(Summaries, listed, StringComparison.Ordinal);
        Assert.Contains((await Run("list", "--json")).ShouldEnd(0).Json.AsArray(), one => one!["projection"]!.ToString() == "users.publisher" && one["kind"]!.ToString() == "subscription");
        Assert.All((await Run("lag", Summaries, "--json")).ShouldEnd(0).Json.AsArray(), lag => Assert.Equal(Summaries, lag!["projection"]!.ToString()));
        Assert.Contains("users.user_profiles", (await Run("lag")).ShouldEnd(0).Output, StringComparison.Ordinal);

        Assert.Contains($"{Summaries}: the rebuild has ended.", (await Run("rebuild", Summaries)).ShouldEnd(0).Output, StringComparison.Ordinal);
        var all = (await Run("rebuild", "--all", "--type", "account", "--json")).ShouldEnd(0).Json;
        Assert.Equal([Summaries, "accounts.daily_totals", "accounts.statements"], all["projections"]!.AsArray().Select(name => name!.ToString()));
        (await Run("rebuild", Summaries, "--tenant", "demo")).ShouldEnd(0);

        var id = await database.DataSource.Scalar<Guid>(
            "update accounts.mt_doc_accountsummary set data = data || '{\"holder\": \"Mallory\"}' where id = (select min(id::text)::uuid from accounts.mt_doc_accountsummary) returning id", Ct);
        var found = (await Run("verify", Summaries)).ShouldEnd(1).Output;
        Assert.Contains("holder is \"Mallory\" instead of \"Ada\"", found, StringComparison.Ordinal);
        Assert.Contains($"--tenant demo --aggregate {id}", found, StringComparison.Ordinal);
        (await Run("rebuild", Summaries, "--tenant", "demo", "--aggregate", id.ToString())).ShouldEnd(0);
        Assert.Equal(0, (await Run("verify", Summaries, "--json")).ShouldEnd(0).Json["different"]!.GetValue<long>());
        (await Run("verify", Summaries, "--fraction", "0.5", "--seed", "7", "--max", "1")).ShouldEnd(0);

        (await Run("pause", Summaries)).ShouldEnd(0);
        Assert.Contains("paused", (await Run("list")).ShouldEnd(0).Output, StringComparison.Ordinal);
        (await Run("resume", Summaries)).ShouldEnd(0);
        (await Run("pause", Summaries, "--rebuild")).ShouldEnd(1);
        (await Run("cancel", Summaries)).ShouldEnd(1);
        Assert.Equal("Nothing is parked.", (await Run("parked")).ShouldEnd(0).Output.Trim());

        Task<HostCommand> Run(params string[] words) => HostCommand.Run(database.ConnectionString, ["projections", .. words]);
    }

    [Fact(SkipUnless = nameof(HostCommand.HasInterruptions), SkipType = typeof(HostCommand), Skip = "Ctrl+C does not reach what is started here.")]
    public async Task Who_watches_a_rebuild_stops_watching_by_pressing_CtrlC_and_sees_lines_where_no_terminal_is()
    {
        await using var database = await StoreOfModules.CreateMigrated(postgres, Ct);
        await using var host = await HostProcess.Start("Development", $"--ConnectionStrings:Monolith={database.ConnectionString}");
        using (var opened = await host.Client.PostAsJsonAsync("/api/accounts", new { holder = "Ada", currency = "EUR" }, Ct))
        {
            opened.EnsureSuccessStatusCode();
        }

        await database.DataSource.Until("select count(*) = 1 from accounts.mt_doc_accountsummary", Ct);

        // Who reads the live rows holds the end of the rebuild up.
        await using (var reader = await database.DataSource.OpenConnectionAsync(Ct))
        {
            await using var transaction = await reader.BeginTransactionAsync(Ct);
            await using var read = new NpgsqlCommand("select count(*) from accounts.mt_doc_accountsummary", reader, transaction);
            await read.ExecuteScalarAsync(Ct);
            var watched = (await HostCommand.Interrupt(
                database.ConnectionString,
                () => database.DataSource.Until("select exists (select from eventstore.projection_checkpoints where slot = 'shadow')", Ct),
                "projections", "rebuild", Summaries)).ShouldEnd(0);
            Assert.Equal("The rebuild goes on without being watched.", watched.Output.Trim());
            Assert.DoesNotContain('\u001b', watched.Output + watched.Errors);
            Assert.DoesNotContain('━', watched.Output + watched.Errors);
        }

        await database.DataSource.Until("select not exists (select from eventstore.projection_checkpoints where slot = 'shadow')", Ct);
    }

    [Fact]
    public async Task Parked_events_are_listed_retried_and_skipped_and_without_a_host_all_that_waits_for_one()
    {
        await using var database = await StoreOfModules.CreateMigrated(postgres, Ct);
        await database.DataSource.Execute(
            $"""
            insert into eventstore.projection_parked (
              projection, slot, shard, position, tenant_id, aggregate_type, aggregate_id, version, event_id, event_type, attempts, error, parked_at
            )
            select '{Summaries}', 'live', 'pool_0', n, 'demo', 'account', gen_random_uuid(), 1, gen_random_uuid(), 'account.opened', 5, 'It was poison.', now()
            from generate_series(41, 43) n
            """,
            Ct);

        Assert.Contains("It was poison.", (await Run("parked")).ShouldEnd(1).Output, StringComparison.Ordinal);
        Assert.Equal([41, 42, 43], (await Run("parked", Summaries, "--json")).ShouldEnd(1).Json.AsArray().Select(one => one!["position"]!.GetValue<int>()));
        (await Run("retry", Summaries, "41")).ShouldEnd(0);
        (await Run("retry", Summaries, "40")).ShouldEnd(1);
        Assert.Equal(3, (await Run("retry", Summaries, "--json")).ShouldEnd(0).Json["aggregates"]!.GetValue<int>());
        (await Run("skip", Summaries, "43")).ShouldFail("--reason");
        (await Run("skip", Summaries, "43", "--reason", "Ticket 4711.", "--by", "ada")).ShouldEnd(0);
        Assert.Equal("Ticket 4711./ada", await database.DataSource.Scalar<string>("select skip_reason || '/' || skip_by from eventstore.projection_parked where position = 43", Ct));

        (await Run("list")).ShouldEnd(0);
        (await Run("lag")).ShouldEnd(0);
        (await Run("pause", "accounts.none")).ShouldFail("There is no projection 'accounts.none'.");
        (await Run("verify", Summaries)).ShouldFail("it has not run yet");
        (await Run("rebuild", Summaries, "--aggregate", Guid.NewGuid().ToString())).ShouldFail("--tenant");
        (await Run("rebuild")).ShouldFail("Name a projection, or say --all.");
        (await Run("skip", Summaries, "x", "--reason", "y")).ShouldFail("'x' is not a position");

        Task<HostCommand> Run(params string[] words) => HostCommand.Run(database.ConnectionString, ["projections", .. words]);
    }
}
