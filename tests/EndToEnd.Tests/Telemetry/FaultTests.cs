using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Monolith.Accounts.Domain;
using Monolith.EndToEnd.Tests.Commands;
using Monolith.EndToEnd.Tests.Processes;
using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EndToEnd.Tests.Telemetry;

/// <summary>Whether what goes wrong raises the alert that says so. How long each takes with the real times is tested by the cases of ops/prometheus/tests.</summary>
[Collection(WatchedHostCollection.Name)]
public sealed class FaultTests(WatchedHost host)
{
    private const string Name = "grace-hopper";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stopped_projection_a_poison_event_a_storm_of_conflicts_a_lost_receiver_a_held_watermark_and_a_lost_database_each_raise_their_alert()
    {
        await host.Start();
        await using var dataSource = NpgsqlDataSource.Create(host.ConnectionString);
        await using var store = StoreOfModules.Open(dataSource);

        // A projection that nobody runs any more, with an event that it has not taken.
        using var paused = await host.Client.PostAsync(new Uri("/operations/projections/users.user_profiles/pause", UriKind.Relative), content: null, Ct);
        Assert.True(paused.IsSuccessStatusCode, paused.StatusCode.ToString());
        using var user = await host.Client.PostAsJsonAsync("/api/users", new { email = $"{Name}@example.com", username = Name, password = Requests.Password }, Ct);
        Assert.True(user.IsSuccessStatusCode, user.StatusCode.ToString());

        // A deposit into an account that was never opened: nothing that the projection could add it to.
        await store.Append(new(new("demo", "account", Guid.CreateVersion7()), ExpectedVersion.None, [NewEvent.Of(new Deposited(1m, "from nowhere", 1m))]), Ct);

        using (var enough = CancellationTokenSource.CreateLinkedTokenSource(Ct))
        {
            var account = await Bank.Open(host.Client);
            var storm = Enumerable.Range(0, 16).Select(_ => Storm(host.Client, account, enough.Token)).ToList();
            await host.Prometheus.Raised("ConflictRate", ("aggregate_type", "account"));
            await enough.CancelAsync();
            await Task.WhenAll(storm);
        }

        await host.Prometheus.Raised("ProjectionParked", ("projection", "accounts.account_summaries"));
        await host.Prometheus.Raised("ProjectionNoProgress", ("projection", "users.user_profiles"));
        await UsersUntil(host.Prometheus.Raised("WebhookDeliveriesFail"));
        await UsersUntil(host.Prometheus.Raised("WebhookDeliveriesParked"));

        // Someone who appends and does not end the transaction.
        await using (var connection = await dataSource.OpenConnectionAsync(Ct))
        {
            await using var transaction = await connection.BeginTransactionAsync(Ct);
            await store.Append(new(new("demo", "account", Guid.CreateVersion7()), ExpectedVersion.None, [NewEvent.Of(new Deposited(1m, "unfinished", 1m))]), transaction, Ct);
            await host.Prometheus.Raised("WatermarkHeld");
            await transaction.RollbackAsync(Ct);
        }

        await host.Server.Server.Crash(Ct);
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var trying = Storm(host.Client, new("/api/accounts/" + Guid.CreateVersion7()), lost.Token);
        await host.Prometheus.Raised("DatabaseUnreachable");
        await lost.CancelAsync();
        await trying;
        await host.Server.Server.Restart(Ct);
        await host.Prometheus.Until(async () => (await host.Prometheus.Query("max(monolith_eventstore_outage_seconds) == 0")).Count == 1, "the host has found it again");
        using var resumed = await host.Client.PostAsync(new Uri("/operations/projections/users.user_profiles/resume", UriKind.Relative), content: null, Ct);
        Assert.True(resumed.IsSuccessStatusCode, resumed.StatusCode.ToString());
        Check(host.Log);
    }

    private static void Check(IReadOnlyList<JsonNode> log)
    {
        var own = log.Where(line => line["Category"]!.GetValue<string>().StartsWith("Monolith.", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(own);
        Assert.All(own, line => Assert.True(line["EventId"]!.GetValue<int>() > 0, line.ToJsonString()));
        Assert.All((string[])["ada@example.com", Name, Requests.Password, "from nowhere", "unfinished"], personal =>
            Assert.DoesNotContain(own, line => line.ToJsonString().Contains(personal, StringComparison.Ordinal)));

        // Requests of a lost database, told with what they belong to.
        var failed = own.First(line => line["Category"]!.GetValue<string>() == "Monolith.Hosting.ProblemHandling");
        Assert.Contains(failed["Scopes"]!.AsArray(), scope => scope!["CorrelationId"] is not null && scope["TenantId"]?.GetValue<string>() == "demo");
    }

    // Nobody takes the webhooks that tell of them.
    private async Task UsersUntil(Task raised)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!raised.IsCompleted && await pace.WaitForNextTickAsync(Ct))
        {
            var name = Requests.UniqueName();
            using var user = await host.Client.PostAsJsonAsync("/api/users", new { email = $"{name}@example.com", username = name, password = Requests.Password }, Ct);
        }

        await raised;
    }

    // Whatever the answers are.
    private static async Task Storm(HttpClient client, Bank account, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                using var answer = await client.PostAsJsonAsync($"{account.Path}/deposits", new { amount = 1 }, ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
        }
    }
}
