using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

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
        var accounts = new List<(string Path, long Acknowledged)>();
        await using (var host = await HostProcess.Start(folder))
        {
            var enough = new CountdownEvent(100);
            var writers = Enumerable.Range(0, 4).Select(_ => DepositUntilItFails(host.Client, enough)).ToList();
            await Task.Run(() => Assert.True(enough.Wait(Patience, Ct)), Ct);
            await host.Kill();
            accounts.AddRange(await Task.WhenAll(writers));
        }

        await using var again = await HostProcess.Start(folder);
        foreach (var (path, acknowledged) in accounts)
        {
            var view = await ViewAt(again.Client, path, acknowledged, withStatement: true);
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
        var (path, _) = await Open(one.Client);
        await ViewAt(other.Client, path, 1);

        Assert.Equal(0, await one.Stop());
        Assert.True(folder.HasServer);
        using var deposit = await other.Client.PostAsJsonAsync($"{path}/deposits", new { amount = 1 }, Ct);
        Assert.Equal(HttpStatusCode.OK, deposit.StatusCode);
        await ViewAt(other.Client, path, 2);
    }

    [Theory]
    [InlineData("Production", "", "ConnectionStrings:Monolith is missing")]
    [InlineData("Development", "--EmbeddedPostgres:Version=eleven", "EmbeddedPostgres:Version is 'eleven'")]
    [InlineData("Development", "--EmbeddedPostgres:Folder=/somewhere", "EmbeddedPostgres:Folder is not a setting")]
    [InlineData("Development", "--EventStore:PoolShards=0", "EventStore:PoolShards is out of range")]
    [InlineData("Development", "--EventStore:Pools=3", "Pools")]
    public async Task A_host_whose_settings_are_wrong_says_which_and_does_not_start(string environment, string setting, string message)
    {
        var (exitCode, output) = await HostProcess.Refused(environment, setting.Length == 0 ? [] : [setting]);
        Assert.Equal(1, exitCode);
        Assert.Contains(message, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    private static async Task<(string Path, long Version)> Open(HttpClient client)
    {
        using var opened = await client.PostAsJsonAsync("/api/accounts", new { holder = "Ada", currency = "EUR" }, Ct);
        Assert.Equal(HttpStatusCode.Created, opened.StatusCode);
        return (opened.Headers.Location!.ToString(), 1);
    }

    private static async Task<(string Path, long Acknowledged)> DepositUntilItFails(HttpClient client, CountdownEvent enough)
    {
        var (path, version) = await Open(client);
        while (true)
        {
            try
            {
                using var deposit = await client.PostAsJsonAsync($"{path}/deposits", new { amount = 1 }, Ct);
                Assert.Equal(HttpStatusCode.OK, deposit.StatusCode);
                version = long.Parse(deposit.Headers.ETag!.Tag.Trim('"'), CultureInfo.InvariantCulture);
                if (!enough.IsSet)
                {
                    enough.Signal();
                }
            }
            catch (HttpRequestException)
            {
                return (path, version);
            }
        }
    }

    /// <summary>The account as the read model shows it, once it holds the version, and the statement, another read model, has as many movements.</summary>
    private static async Task<JsonNode> ViewAt(HttpClient client, string path, long version, bool withStatement = false)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        deadline.CancelAfter(Patience);
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        do
        {
            using var answer = await client.GetAsync(new Uri(path, UriKind.Relative), deadline.Token);
            if (answer.StatusCode == HttpStatusCode.OK
                && await answer.Content.ReadFromJsonAsync<JsonNode>(deadline.Token) is { } view
                && view["version"]!.GetValue<long>() is var shown && shown >= version
                && (!withStatement || await CountMovements(client, path) == shown - 1))
            {
                return view;
            }
        }
        while (await again.WaitForNextTickAsync(deadline.Token));
        throw new TimeoutException();
    }

    private static async Task<long> CountMovements(HttpClient client, string path)
    {
        var count = 0;
        for (var next = $"{path}/statement?pageSize=100"; next is not null;)
        {
            var page = (await client.GetFromJsonAsync<JsonNode>(next, Ct))!;
            count += page["items"]!.AsArray().Count;
            next = page["next"]?.GetValue<string>();
        }

        return count;
    }
}
