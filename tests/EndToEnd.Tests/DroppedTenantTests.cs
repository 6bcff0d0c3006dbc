using Microsoft.Extensions.DependencyInjection;
using Monolith.Accounts.Features;
using Monolith.EndToEnd.Tests.Commands;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using Monolith.Webhooks.Integration;
using Monolith.Webhooks.Tests.Hosts;
using Wolverine;

namespace Monolith.EndToEnd.Tests;

/// <summary>A tenant that has worked with everything there is, and leaves.</summary>
public sealed class DroppedTenantTests(PostgresFixture postgres)
{
    private const string Leaving = "umbrella-inc";
    private const string Staying = "hooli-inc";

    // What a tenant that has done all that is to be found in, so that it is known that the search finds it there.
    private static readonly string[] Everywhere =
    [
        "accounts.daily_totals", "accounts.mt_doc_accountsummary", "accounts.mt_doc_movement", "accounts.mt_doc_owner", "accounts.mt_doc_transfersummary",
        "eventstore.archived_streams", "eventstore.claims", "eventstore.projection_parked", "eventstore.projection_skipped", "eventstore.tenants",
        "users.mt_doc_userprofile", "webhooks.mt_doc_delivery", "webhooks.mt_doc_endpointhealth", "webhooks.mt_doc_endpointview",
        "wolverine.idempotent_requests", "wolverine.wolverine_dead_letters", "wolverine.wolverine_incoming_envelopes",
    ];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TenantPlacement.Pool)]
    [InlineData(TenantPlacement.Dedicated)]
    public async Task A_dropped_tenant_leaves_no_trace_in_any_table_and_nothing_of_another_is_touched(TenantPlacement placement)
    {
        await using var receiver = new Receiver { Answer = request => (request.Path == "/broken" ? 500 : 204, null) };
        await receiver.Start();
        await using var host = new RunningHost(postgres)
        {
            Settings =
            {
                ["Messages:PollingInterval"] = "00:00:00.2",
                ["Messages:RetryAfter:0"] = "00:00:00.1",
                ["Webhooks:AllowPrivateTargets"] = "true",
                ["Webhooks:RetryAfter:0"] = "01:00:00",
            },
        };
        await host.InitializeAsync();
        var tenants = host.Services.GetRequiredService<ITenants>();
        await tenants.Add(Leaving, placement, Ct);
        await tenants.Add(Staying, ct: Ct);
        foreach (var tenant in (string[])[Leaving, Staying])
        {
            await Work(host, receiver, tenant);
        }

        await Settled(host);
        var before = await TenantTraces.Of(host.Database.DataSource, Leaving, Ct);
        var others = await TenantTraces.Of(host.Database.DataSource, Staying, Ct);
        Assert.Empty(Everywhere.Except(before.Keys, StringComparer.Ordinal));
        Assert.Equal(before.Count, others.Count);
        var described = (await HostCommand.Run(host.Database.ConnectionString, "tenants", "drop", Leaving)).ShouldEnd(1).Output;
        Assert.All(
            (string[])["of the type account", "1 rows of accounts.mt_doc_owner", "2 rows of webhooks.mt_doc_delivery", "1 rows of wolverine.idempotent_requests", "1 dead letters", "messages in queues"],
            part => Assert.Contains(part, described, StringComparison.Ordinal));
        Assert.Equal(before, await TenantTraces.Of(host.Database.DataSource, Leaving, Ct));

        await tenants.Drop(Leaving, Ct);

        Assert.Empty(await TenantTraces.Of(host.Database.DataSource, Leaving, Ct));
        Assert.Equal(others, await TenantTraces.Of(host.Database.DataSource, Staying, Ct));
        (await host.Get("/api/users", Leaving)).ShouldBeProblem(403, "unknown_tenant");

        await tenants.Add(Leaving, placement, Ct);
        Assert.Empty((await host.Get("/api/accounts/transfers", Leaving)).ShouldBe(200).Json["items"]!.AsArray());
        (await host.Post("/api/users", User(Leaving), Leaving, ("Idempotency-Key", "the-only-one"))).ShouldBe(201, version: 1);
    }

    private static object User(string tenant) => new { email = $"ada@{tenant}.example.com", username = "ada", password = Requests.Password };

    private static async Task Work(RunningHost host, Receiver receiver, string tenant)
    {
        foreach (var path in (string[])["/received", "/broken"])
        {
            (await host.Post("/api/webhooks/endpoints", new { url = $"http://127.0.0.1:{receiver.Port}{path}", events = new[] { "users.*" } }, tenant)).ShouldBe(201, version: 1);
        }

        var user = (await host.Post("/api/users", User(tenant), tenant, ("Idempotency-Key", "the-only-one"))).ShouldBe(201, version: 1).Json["id"]!.ToString();
        await receiver.Until(() => new[] { "/received", "/broken" }.All(path => receiver.At(path).Any(request => request.Body.Contains(user, StringComparison.Ordinal))));
        await Until(host, $"select exists (select from accounts.mt_doc_owner where tenant_id = '{tenant}')");
        var accounts = new List<string>();
        for (var account = 0; account < 2; account++)
        {
            accounts.Add((await host.Post("/api/accounts", new { holder = "Ada", currency = "EUR", owner = user }, tenant)).ShouldBe(201, version: 1).Json["id"]!.ToString());
        }

        (await host.Post($"/api/accounts/{accounts[0]}/deposits", new { amount = 10 }, tenant)).ShouldBe(200);
        (await host.Post("/api/accounts/transfers", new { from = accounts[0], to = accounts[1], amount = 5 }, tenant)).ShouldBe(201);

        // What no request leads to: a long stream with snapshots, an archived one, events that a projection could not take, a message that is dead and one that rests.
        var store = host.Services.GetRequiredService<PostgresEventStore>();
        await store.AddAccount(tenant, events: 120, Ct);
        var archived = await store.AddAccount(tenant, events: 110, Ct);
        await store.DrainSnapshots(Ct);
        await store.Archive(archived, ExpectedVersion.Any, Ct);
        foreach (var (table, columns, values) in new[]
        {
            ("projection_parked", "slot, attempts, parked_at", "'live', 1, now()"),
            ("projection_skipped", "slot, reason, skipped_by, skipped_at", "'live', 'a test', 'a tester', now()"),
        })
        {
            await host.Database.DataSource.Execute(
                $"""
                insert into eventstore.{table} (projection, shard, position, tenant_id, aggregate_type, aggregate_id, version, event_id, event_type, {columns})
                select 'tests.none', shard, position, tenant_id, aggregate_type, aggregate_id, version, event_id, event_type, {values}
                from eventstore.events
                where tenant_id = '{tenant}'
                limit 1
                """,
                Ct);
        }

        await using var scope = host.Services.CreateAsyncScope();
        var bus = scope.ServiceProvider.GetRequiredService<IMessageBus>();
        await bus.PublishAsync(new Deposit(Guid.CreateVersion7(), -1m, "", RequiredVersion: null), new DeliveryOptions { TenantId = tenant });
        await bus.ScheduleAsync(new SendHeld(Guid.CreateVersion7()), TimeSpan.FromHours(1), new DeliveryOptions { TenantId = tenant });
    }

    // Everything has been told, delivered, given up or put aside, and nobody writes any more.
    private static async Task Settled(RunningHost host)
    {
        await host.CaughtUp();
        await Until(
            host,
            """
            select not exists (select from wolverine.wolverine_incoming_envelopes where status = 'Incoming')
              and (select count(*) from wolverine.wolverine_dead_letters) = 2
              and (select count(*) from webhooks.mt_doc_endpointhealth) = 2
              and (select count(*) from webhooks.mt_doc_delivery where lower(data ->> 'status') = 'delivered') = 2
              and (select count(*) from accounts.mt_doc_transfersummary where lower(data ->> 'status') = 'completed') = 2
            """);
        await host.CaughtUp();
    }

    private static async Task Until(RunningHost host, string holds)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        deadline.CancelAfter(TimeSpan.FromSeconds(60));
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!await host.Database.DataSource.Scalar<bool>(holds, Ct))
        {
            await again.WaitForNextTickAsync(deadline.Token);
        }
    }
}
