using System.Net;

namespace Monolith.EndToEnd.Tests.Processes;

public sealed class HostProcessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static bool HasSignals => !OperatingSystem.IsWindows();

    [Fact(SkipUnless = nameof(HasSignals), Skip = "Needs signals.")]
    public async Task A_host_that_is_told_to_stop_stops_its_server_and_says_so_with_exit_code_0()
    {
        using var folder = new HostFolder();
        await using var host = await HostProcess.Start(folder);
        using (var ready = await host.Client.GetAsync(new Uri("/health/ready", UriKind.Relative), Ct))
        {
            Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        }

        Assert.True(folder.HasServer);
        Assert.Contains("curl", host.Output, StringComparison.Ordinal);
        Assert.Equal(0, await host.Stop());
        Assert.False(folder.HasServer);
        Assert.DoesNotContain("   at ", host.Output, StringComparison.Ordinal);
    }

    [Fact(SkipUnless = nameof(HasSignals), Skip = "Needs signals.")]
    public async Task After_kill_9_amid_writes_every_acknowledged_write_is_there_and_the_read_model_catches_up()
    {
        using var folder = new HostFolder();
        var accounts = new List<(Bank Account, long Acknowledged)>();
        await using (var host = await HostProcess.Start(folder))
        {
            var enough = new CountdownEvent(100);
            var writers = Enumerable.Range(0, 4).Select(_ => DepositUntilItFails(host.Client, enough)).ToList();
            await Task.Run(() => Assert.True(enough.Wait(Patience, Ct)), Ct);
            await host.Kill();
            accounts.AddRange(await Task.WhenAll(writers));
        }

        await using var again = await HostProcess.Start(folder);
        foreach (var (account, acknowledged) in accounts)
        {
            var view = await account.ViewAt(again.Client, acknowledged, withStatement: true);
            var version = view["version"]!.GetValue<long>();

            // Each event after the opening put in 1; of the write that was under way nobody knows.
            Assert.InRange(version, acknowledged, acknowledged + 1);
            Assert.Equal(version - 1, view["balance"]!.GetValue<decimal>());
        }
    }

    [Fact(SkipUnless = nameof(HasSignals), Skip = "Needs signals.")]
    public async Task Two_hosts_share_one_server_and_what_one_writes_the_other_shows()
    {
        using var folder = new HostFolder();
        await using var one = await HostProcess.Start(folder);
        await using var other = await HostProcess.Start(folder);
        var account = await Bank.Open(one.Client);
        await account.ViewAt(other.Client, 1);

        Assert.Equal(0, await one.Stop());
        Assert.True(folder.HasServer);
        await account.ViewAt(other.Client, await account.Deposit(other.Client));
    }

    [Fact]
    public async Task In_Production_every_mistake_is_named_at_once()
    {
        var (exitCode, output) = await HostProcess.Refused("Production", "--EmbeddedPostgres:Allow=true", "--Authentication:DevelopmentKey=/somewhere/key.pem");

        Assert.Equal(1, exitCode);
        Assert.All(
            (string[])["ConnectionStrings:Monolith", "Authentication:Authority", "Authentication:Audience", "Authentication:DevelopmentKey", "Secrets:KeyFolder", "Secrets:CertificateFile"],
            setting => Assert.Contains(setting, output, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_names_every_mistake_of_its_settings_at_once_a_line_each()
    {
        var (exitCode, output) = await HostProcess.Refused(
            "Production",
            "--EmbeddedPostgres:Version=eleven",
            "--EmbeddedPostgres:Folder=/somewhere",
            "--Authentication:Authority=http://login.example.com",
            "--EventStore:PoolShards=0",
            "--EventStore:MaxEventBytes=many",
            "--EventStore:SnapshotQueue=0",
            "--EventStore:Pools=3",
            "--Sampling:Every=00:00:00",
            "--Shutdown:Within=1.00:00:00",
            "--Telemetry:MetricsUrl=nowhere",
            "--Telemetry:Logs=loud",
            "--KeyPerFile:Directory=/no/such/folder");
        Assert.Equal(1, exitCode);
        var lines = output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.All(
            (string[])
            [
                "EmbeddedPostgres:Version is 'eleven'", "EmbeddedPostgres:Folder is not a setting", "ConnectionStrings:Monolith is missing", "EventStore:PoolShards is out of range",
                "EventStore:MaxEventBytes", "EventStore:SnapshotQueue", "EventStore:Pools is not a setting", "Authentication:Authority must be an https address",
                "Sampling:Every", "Shutdown:Within", "Telemetry:MetricsUrl", "Telemetry:Logs", "KeyPerFile:Directory",
            ],
            message => Assert.Single(lines, line => line.StartsWith(message, StringComparison.Ordinal)));
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    private static async Task<(Bank Account, long Acknowledged)> DepositUntilItFails(HttpClient client, CountdownEvent enough)
    {
        var (account, version) = (await Bank.Open(client), 1L);
        while (true)
        {
            try
            {
                version = await account.Deposit(client);
                if (!enough.IsSet)
                {
                    enough.Signal();
                }
            }
            catch (HttpRequestException)
            {
                return (account, version);
            }
        }
    }
}
