using System.Diagnostics;
using Monolith.EndToEnd.Tests.Commands;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using Monolith.Webhooks.Tests.Hosts;

namespace Monolith.EndToEnd.Tests.Processes;

public sealed class TransferProcessTests(PostgresFixture postgres)
{
    private const int AccountCount = 8;
    private const int Clients = 6;
    private const int Kills = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly int Count = int.TryParse(Environment.GetEnvironmentVariable("MONOLITH_TRANSFERS"), out var wanted) ? wanted : 1000;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static bool HasSignals => !OperatingSystem.IsWindows();

    [Fact(SkipUnless = nameof(HasSignals), Skip = "Needs signals.")]
    public async Task After_kill_9_at_random_moments_of_1000_transfers_money_is_conserved_every_transfer_has_ended_and_no_webhook_is_missing()
    {
        await using var database = await StoreOfModules.CreateMigrated(postgres, Ct);
        await using var receiver = new Receiver();
        await receiver.Start();
        var random = new Random(Seed.Of(TestContext.Current));
        var told = new ToldFacts(receiver, random.Next());
        var host = Start(database);
        try
        {
            await (await host).Client.RegisterEndpoint(receiver.Port, "accounts.*");
            var accounts = new List<string>();
            for (var number = 0; number < AccountCount; number++)
            {
                accounts.Add(await (await host).Client.OpenAccount(1000m));
            }

            // What is sent to this one comes back.
            using (await (await host).Client.Post($"/api/accounts/{accounts[^1]}/freeze"))
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
            var last = await database.DataSource.Scalar<long>("select max(position) from eventstore.events", Ct);
            var balances = new List<decimal>();
            foreach (var account in accounts)
            {
                balances.Add(await client.Balance(account, last));
            }

            Assert.Equal(AccountCount * 1000m, balances.Sum());
            Assert.All(balances, balance => Assert.True(balance >= 0m));
            Assert.Equal(0, await database.DataSource.Scalar<long>("select count(*) from eventstore.projection_parked", Ct));

            var published = await ToldFacts.Published(database.DataSource, Ct);
            await Until(() => told.Taken >= published.Count);
            TestContext.Current.TestOutputHelper?.WriteLine($"{published.Count} facts told by {told.Requests} requests in {clock.Elapsed}");
            told.RequireExactly(published);
            await database.DataSource.Until($"select count(*) = {published.Count} from webhooks.mt_doc_delivery where data ->> 'status' = 'Delivered'", Ct);
            Assert.Equal(0, await database.DataSource.Scalar<long>("select count(*) from wolverine.wolverine_dead_letters", Ct));
        }
        finally
        {
            await (await host).DisposeAsync();
        }
    }

    private static Task<HostProcess> Start(TestDatabase database) => HostProcess.Start(
        "Development",
        $"--ConnectionStrings:Monolith={database.ConnectionString}",
        "--Accounts:TransferTimeout=00:10:00",
        "--Webhooks:AllowPrivateTargets=true",
        "--Webhooks:RetryAfter:0=00:00:00.5",
        "--Webhooks:RetryAfter:1=00:00:00.5",
        "--Webhooks:RetryAfter:2=00:00:00.5",
        "--Messages:PollingInterval=00:00:00.5");

    private static async Task<HostProcess> Restart(HostProcess host, TestDatabase database)
    {
        await host.Kill();
        await host.DisposeAsync();
        return await Start(database);
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
