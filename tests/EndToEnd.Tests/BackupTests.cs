using System.Diagnostics;
using Monolith.EmbeddedPostgres;
using Monolith.EndToEnd.Tests.Commands;
using Monolith.EndToEnd.Tests.Processes;
using Monolith.Testing.Conformance;
using Npgsql;

namespace Monolith.EndToEnd.Tests;

/// <summary>The drill of docs/backup.md: what was saved while hosts were writing is a whole store on another server.</summary>
public sealed class BackupTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly OwnServer server = new();
    private readonly Dictionary<Bank, long> versions = [];
    private readonly SemaphoreSlim acknowledged = new(0);
    private readonly CancellationTokenSource enough = new();
    private readonly List<Task> writers = [];
    private string connectionString = "";
    private HostProcess? host;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await server.InitializeAsync();
        connectionString = await server.NewDatabase(Ct);
        host = await HostProcess.Start("Development", $"--ConnectionStrings:Monolith={connectionString}");
        for (var i = 0; i < 4; i++)
        {
            var account = await Bank.Open(host.Client);
            writers.Add(Write(account));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await enough.CancelAsync();
        await Task.WhenAll(writers);
        if (host is not null)
        {
            await host.DisposeAsync();
        }

        await server.DisposeAsync();
        enough.Dispose();
        acknowledged.Dispose();
    }

    [Fact]
    public async Task What_is_saved_under_load_is_a_whole_store_on_a_new_server_by_dump_and_by_base_backup()
    {
        var before = await Acknowledged(100);
        using var folder = new HostFolder();
        var dump = Path.Combine(folder.Path, "monolith.sql");
        await server.Run("pg_dump", connectionString, $"--no-owner -f \"{dump}\"", Ct);
        await Acknowledged(20);
        var copied = await Acknowledged(0);
        var isCopied = await CopyServer(folder);
        await Acknowledged(20);
        await enough.CancelAsync();

        await using var other = new OwnServer();
        await other.InitializeAsync();
        var restored = await other.NewDatabase(Ct);
        await server.Run("psql", restored, $"-q -v ON_ERROR_STOP=1 -f \"{dump}\"", Ct);
        await Whole(restored, before);
        if (isCopied)
        {
            await using var copy = await EmbeddedPostgresServer.Start(new() { DataDirectory = folder.Path }, ct: Ct);
            await Whole(await copy.EnsureDatabase(new NpgsqlConnectionStringBuilder(connectionString).Database!, Ct), copied);
        }
    }

    // In the layout of a private server's folder: the data, and the password that is the same there. False where there is no pg_basebackup beside the server.
    private async Task<bool> CopyServer(HostFolder folder)
    {
        var program = Path.Combine(server.Server.BinDirectory, "pg_basebackup");
        if (!File.Exists(program))
        {
            return false;
        }

        var source = new NpgsqlConnectionStringBuilder(connectionString);
        var start = new ProcessStartInfo(
            program, ["-h", source.Host!, "-p", $"{source.Port}", "-U", source.Username!, "-D", Path.Combine(folder.Path, "data"), "-X", "stream", "-c", "fast"])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            Environment = { ["PGPASSWORD"] = source.Password },
        };
        using var backup = Process.Start(start)!;
        var errors = await backup.StandardError.ReadToEndAsync(Ct);
        await backup.WaitForExitAsync(Ct);
        Assert.True(backup.ExitCode == 0, errors);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "password"), source.Password, Ct);
        return true;
    }

    // Whatever was acknowledged before the backup began is there, nothing has a gap, projections go on where they were, and what they made is what the events say.
    private async Task Whole(string restored, IReadOnlyDictionary<Bank, long> before)
    {
        await using var again = await HostProcess.Start("Development", $"--ConnectionStrings:Monolith={restored}");
        foreach (var (account, version) in before)
        {
            var view = await account.ViewAt(again.Client, version, withStatement: true);
            var stored = view["version"]!.GetValue<long>();
            Assert.Equal(stored - 1, view["balance"]!.GetValue<decimal>());
            var next = await account.Deposit(again.Client);
            Assert.Equal(stored + 1, next);
            await account.ViewAt(again.Client, next, withStatement: true);
        }

        (await HostCommand.Run(restored, "projections", "verify", "accounts.account_summaries")).ShouldEnd(0);

        await using var dataSource = NpgsqlDataSource.Create(restored);
        await using var command = dataSource.CreateCommand(
            "select count(*) from (select from eventstore.events group by tenant_id, aggregate_id having max(version) <> count(*) or count(distinct position) <> count(*)) broken");
        Assert.Equal(0L, await command.ExecuteScalarAsync(Ct));
    }

    private async Task Write(Bank account)
    {
        await Task.Yield();
        while (!enough.IsCancellationRequested)
        {
            var version = await account.Deposit(host!.Client);
            lock (versions)
            {
                versions[account] = version;
            }

            acknowledged.Release();
        }
    }

    // Waits for so many more, and says what is acknowledged then.
    private async Task<IReadOnlyDictionary<Bank, long>> Acknowledged(int more)
    {
        for (var i = 0; i < more; i++)
        {
            Assert.True(await acknowledged.WaitAsync(Patience, Ct), "nothing is acknowledged any more");
        }

        lock (versions)
        {
            return new Dictionary<Bank, long>(versions);
        }
    }
}
