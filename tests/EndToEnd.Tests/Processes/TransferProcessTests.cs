using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Monolith.EndToEnd.Tests.Commands;
using Monolith.Testing;
using Monolith.Testing.Conformance;

namespace Monolith.EndToEnd.Tests.Processes;

public sealed class TransferProcessTests(PostgresFixture postgres)
{
    private const int AccountCount = 8;
    private const int Clients = 6;
    private const int Kills = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly int Count = int.TryParse(Environment.GetEnvironmentVariable("MONOLITH_TRANSFERS"), out var wanted) ? wanted : 1000;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static bool HasSignals => !OperatingSystem.IsWindows();

    [Fact(SkipUnless = nameof(HasSignals), Skip = "Needs signals.")]
    public async Task After_kill_9_at_random_moments_of_1000_transfers_money_is_conserved_and_every_transfer_has_ended()
    {
        await using var database = await StoreOfModules.CreateMigrated(postgres, Ct);
        var random = new Random(Seed.Of(TestContext.Current));
        var host = Start(database);
        try
        {
            var accounts = new List<string>();
            for (var number = 0; number < AccountCount; number++)
            {
                accounts.Add(await Open((await host).Client, 1000m));
            }

            // What is sent to this one comes back.
            using (await Post((await host).Client, $"/api/accounts/{accounts[^1]}/freeze"))
            {
            }

            var transfers = new Transfers(accounts, Count, random);
            var clock = Stopwatch.StartNew();
            var clients = Enumerable.Range(0, Clients).Select(_ => transfers.Ask(() => host)).ToList();
            foreach (var moment in Enumerable.Range(0, Kills).Select(_ => random.Next(Count)).Order())
            {
                await Until(() => transfers.Answered >= moment || clients.TrueForAll(client => client.IsCompleted));
                host = Restart(await host, database);
                await host;
            }

            await Task.WhenAll(clients);
            var client = (await host).Client;
            var ends = await Transfers.Ended(client, Patience);
            TestContext.Current.TestOutputHelper?.WriteLine($"{Count} transfers in {clock.Elapsed}: {string.Join(", ", ends)}");

            Assert.Equal(Count, ends.Values.Sum());
            Assert.All(ends.Keys, end => Assert.Contains(end, new[] { "completed", "refused", "compensated" }));
            var last = await Scalar(database, "select max(position) from eventstore.events");
            var balances = new List<decimal>();
            foreach (var account in accounts)
            {
                balances.Add(await Balance(client, account, last));
            }

            Assert.Equal(AccountCount * 1000m, balances.Sum());
            Assert.All(balances, balance => Assert.True(balance >= 0m));
            Assert.Equal(0, await Scalar(database, "select count(*) from eventstore.projection_parked"));
        }
        finally
        {
            await (await host).DisposeAsync();
        }
    }

    [Fact(SkipUnless = nameof(HasSignals), Skip = "Needs signals.")]
    public async Task An_account_is_opened_money_is_deposited_transferred_and_told_by_the_statement()
    {
        await using var database = await StoreOfModules.CreateMigrated(postgres, Ct);
        await using var host = await Start(database);
        var (from, to) = (await Open(host.Client, 100m), await Open(host.Client, 0m));

        using var requested = await Post(host.Client, "/api/accounts/transfers", new { from, to, amount = 30.50m, reference = "rent" });
        await Transfers.Ended(host.Client, Patience);
        var transfer = await Get(host.Client, requested.Headers.Location!.ToString());
        var last = await Scalar(database, "select max(position) from eventstore.events");

        Assert.Equal("completed", transfer["status"]!.ToString());
        Assert.Equal((69.50m, 30.50m), (await Balance(host.Client, from, last), await Balance(host.Client, to, last)));
        var statement = await Get(host.Client, $"/api/accounts/{to}/statement");
        Assert.Equal((30.50m, "rent", from), ((decimal)statement["items"]![0]!["balance"]!, statement["items"]![0]!["reference"]!.ToString(), statement["items"]![0]!["counterparty"]!.ToString()));
    }

    private static Task<HostProcess> Start(TestDatabase database) => HostProcess.Start("Development", $"--ConnectionStrings:Monolith={database.ConnectionString}");

    private static async Task<string> Open(HttpClient client, decimal balance)
    {
        using var opened = await Post(client, "/api/accounts", new { holder = "Ada", currency = "EUR" });
        var path = opened.Headers.Location!.ToString();
        if (balance > 0m)
        {
            using var deposited = await Post(client, $"{path}/deposits", new { amount = balance });
        }

        return path[(path.LastIndexOf('/') + 1)..];
    }

    private static async Task<HttpResponseMessage> Post(HttpClient client, string path, object? body = null)
    {
        var answer = await client.PostAsJsonAsync(path, body ?? new { }, Ct);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {answer.StatusCode}");
        return answer;
    }

    private static async Task<JsonNode> Get(HttpClient client, string path) => (await client.GetFromJsonAsync<JsonNode>(path, Ct))!;

    // As both read models have it, once they hold the position.
    private static async Task<decimal> Balance(HttpClient client, string account, long position)
    {
        var view = await Get(client, $"/api/accounts/{account}", position);
        var newest = (await Get(client, $"/api/accounts/{account}/statement?pageSize=1", position))["items"]!.AsArray();
        var balance = (decimal)view["balance"]!;
        Assert.Equal(balance, newest.Count == 0 ? 0m : (decimal)newest[0]!["balance"]!);
        return balance;
    }

    private static async Task<JsonNode> Get(HttpClient client, string path, long position)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        deadline.CancelAfter(Patience);
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Monolith-Position", position.ToString(CultureInfo.InvariantCulture) } } };
            using var answer = await client.SendAsync(request, deadline.Token);
            if (answer.StatusCode != HttpStatusCode.ServiceUnavailable)
            {
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                return (await answer.Content.ReadFromJsonAsync<JsonNode>(deadline.Token))!;
            }
        }
    }

    private static async Task<HostProcess> Restart(HostProcess host, TestDatabase database)
    {
        await host.Kill();
        await host.DisposeAsync();
        return await Start(database);
    }

    private static async Task<long> Scalar(TestDatabase database, string query)
    {
        await using var command = database.DataSource.CreateCommand(query);
        return (long)(await command.ExecuteScalarAsync(Ct))!;
    }

    private static async Task Until(Func<bool> holds)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        deadline.CancelAfter(Patience);
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!holds())
        {
            await again.WaitForNextTickAsync(deadline.Token);
        }
    }
}
