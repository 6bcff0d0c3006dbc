using System.Diagnostics;
using JasperFx.CommandLine;
using Monolith.EndToEnd.Tests.Processes;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using Npgsql;

namespace Monolith.EndToEnd.Tests.Commands;

public sealed class MigrateTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_missing_is_named_then_made_by_one_of_two_at_once_and_after_that_nothing_is_missing()
    {
        await using var database = await postgres.CreateDatabase(Ct);
        var check = (await HostCommand.Run(database.ConnectionString, "migrate", "--check")).ShouldEnd(1);
        Assert.Contains("partitions of the aggregate type user", check.Output, StringComparison.Ordinal);
        Assert.Contains("documents: users.mt_doc_userprofile", check.Output, StringComparison.Ordinal);
        Assert.Contains("messages: wolverine.", check.Output, StringComparison.Ordinal);
        Assert.Equal(0, await database.DataSource.Scalar<long>("select count(*) from pg_namespace where nspname in ('eventstore', 'users', 'wolverine')", Ct));

        var both = await Task.WhenAll(HostCommand.Run(database.ConnectionString, "migrate", "--json"), HostCommand.Run(database.ConnectionString, "migrate", "--json"));

        Assert.All(both, migrated => migrated.ShouldEnd(0));
        Assert.Single(both, migrated => migrated.Json["made"]!.AsArray().Count > 0);
        Assert.Empty((await HostCommand.Run(database.ConnectionString, "migrate", "--check", "--json")).ShouldEnd(0).Json["missing"]!.AsArray());
        Assert.Equal("The database is up to date.", (await HostCommand.Run(database.ConnectionString, "migrate")).ShouldEnd(0).Output.Trim());
        Assert.Equal(0, await database.DataSource.Scalar<long>("select count(*) from eventstore.projection_hosts", Ct));
    }

    [Fact]
    public async Task The_script_makes_an_empty_database_ready()
    {
        await using var database = await postgres.CreateDatabase(Ct);
        var file = Path.GetTempFileName();
        try
        {
            Assert.Equal("", (await HostCommand.Run(database.ConnectionString, "migrate", "--script", "--output", file)).ShouldEnd(0).Output);
            Assert.Equal(0, await database.DataSource.Scalar<long>("select count(*) from pg_namespace where nspname = 'eventstore'", Ct));
            await Execute(file, database);
        }
        finally
        {
            File.Delete(file);
        }

        (await HostCommand.Run(database.ConnectionString, "migrate", "--check")).ShouldEnd(0);
        Assert.Equal("-- The database is up to date.", (await HostCommand.Run(database.ConnectionString, "migrate", "--script")).ShouldEnd(0).Output.Trim());
    }

    [Theory]
    [InlineData("Production")]
    [InlineData("Development")]
    public async Task A_host_and_a_migration_that_are_older_than_the_database_refuse_it(string environment)
    {
        await using var database = await StoreOfModules.CreateMigrated(postgres, Ct);
        await database.DataSource.Execute("insert into eventstore.migrations (number, name, applied_at) values (9999, '9999_from_the_future.sql', now())", Ct);

        var (exitCode, output) = await HostProcess.Refused(environment, [.. environment == "Production" ? ProductionSettings.All : [], $"--ConnectionStrings:Monolith={database.ConnectionString}"]);
        Assert.Equal(1, exitCode);
        Assert.Contains("at version 9999", output, StringComparison.Ordinal);
        Assert.Contains("run a newer build", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        foreach (var flag in (string[])["--check", "--script", "--json"])
        {
            (await HostCommand.Run(database.ConnectionString, "migrate", flag)).ShouldFail("run a newer build");
        }
    }

    [Fact]
    public async Task A_host_in_Production_whose_database_is_not_migrated_says_which_command_to_run()
    {
        await using var database = await postgres.CreateDatabase(Ct);

        var (exitCode, output) = await HostProcess.Refused("Production", [.. ProductionSettings.All, $"--ConnectionStrings:Monolith={database.ConnectionString}"]);

        Assert.Equal(1, exitCode);
        Assert.Contains("event store migration 0001_event_store", output, StringComparison.Ordinal);
        Assert.Contains("dotnet Monolith.Host.dll migrate", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_done_is_one_line_on_the_error_output_and_exit_code_2()
    {
        (await HostCommand.Run("Host=127.0.0.1;Port=1;Username=nobody", "migrate", "--check")).ShouldFail("127.0.0.1:1");
        (await HostCommand.Run("Host=127.0.0.1;Port=1;Username=nobody", "migrate", "--output", "script.sql", "--script", "--ConnectionStrings:Monolith=Host=127.0.0.1;Port=2"))
            .ShouldFail("127.0.0.1:2");
        (await HostCommand.Run(" ", "migrate")).ShouldFail("ConnectionStrings:Monolith is blank");
        (await HostCommand.Run("Host=127.0.0.1;Port=1", "migrate", "--output", "x")).ShouldEnd(2);
        var unknown = (await HostCommand.Run("Host=127.0.0.1;Port=1", "migrate", "--chekc")).ShouldEnd(2);
        Assert.Equal("", unknown.Output);
        Assert.Contains("--chekc", unknown.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("help migrate", "--script")]
    [InlineData("migrate --help", "--check")]
    [InlineData("help tenants", "tenants disable")]
    [InlineData("tenants add --help", "--dedicated")]
    [InlineData("tenants drop --help", "--yes")]
    [InlineData("help snapshots", "snapshots rebuild")]
    public async Task Every_command_is_explained(string words, string part) =>
        Assert.Contains(part, (await HostCommand.Run("Host=127.0.0.1;Port=1", words.Split(' '))).ShouldEnd(0).Output, StringComparison.Ordinal);

    [Fact]
    public void Every_command_is_listed_with_those_of_Wolverine_and_Marten_and_says_in_a_sentence_what_it_does()
    {
        var factory = new CommandFactory();
        factory.RegisterCommands(typeof(Host.Commands.MigrateCommand).Assembly);

        var commands = factory.AllCommandTypes().ToDictionary(CommandFactory.CommandNameFor, CommandFactory.DescriptionFor, StringComparer.Ordinal);

        string[] operators =
            ["migrate", "tenants add", "tenants disable", "tenants drop", "tenants enable", "tenants list", "tenants move", "snapshots rebuild", "archive", "restore"];
        Assert.Superset(operators.ToHashSet(StringComparer.Ordinal), commands.Keys.ToHashSet(StringComparer.Ordinal));
        Assert.All(commands, command => Assert.Contains(' ', command.Value));
    }

    // By psql, as an operator would, where there is one.
    private static async Task Execute(string file, TestDatabase database)
    {
        var psql = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, "psql")).FirstOrDefault(File.Exists);
        if (psql is null)
        {
            await database.DataSource.Execute(await File.ReadAllTextAsync(file, Ct), Ct);
            return;
        }

        var target = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        using var process = Process.Start(new ProcessStartInfo(
            psql, ["-h", target.Host!, "-p", $"{target.Port}", "-U", target.Username!, "-d", target.Database!, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", file])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["PGPASSWORD"] = target.Password },
        })!;
        var output = process.StandardOutput.ReadToEndAsync(Ct);
        var errors = await process.StandardError.ReadToEndAsync(Ct);
        await output;
        await process.WaitForExitAsync(Ct);
        Assert.True(process.ExitCode == 0, errors);
    }
}
