using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Monolith.EventStore.Projections;
using Monolith.Testing.Conformance;
using Monolith.Webhooks.Delivering;
using Monolith.Webhooks.Tests.Hosts;
using Wolverine;

namespace Monolith.Webhooks.Tests;

/// <summary>From a request to the receiver's port, through everything between.</summary>
[Collection(WebhooksHostCollection.Name)]
public sealed class DeliveryTests(WebhooksHost host)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private Receiver Receiver => host.Receiver;

    [Fact]
    public async Task What_happens_is_delivered_signed_and_the_secret_is_kept_from_everybody()
    {
        var (place, secret) = await host.Register("/told");
        var user = await host.NewUser();
        await host.NewUser("globex");
        await host.Send(HttpMethod.Put, $"/api/users/{user}/email", new { email = "new@example.com" });

        var got = await Receiver.Got("/told", 2);
        Assert.All(got, received => Assert.True(IsSigned(received, secret)));
        Assert.Equal(["users.user_registered", "users.email_changed"], got.Select(received => Body(received)["type"]!.ToString()));
        Assert.Equal([1, 2], got.Select(received => Body(received)["sequence"]!.GetValue<int>()));
        Assert.All(got, received => Assert.Equal(user, Body(received)["subject"]!["id"]!.ToString()));
        Assert.Equal("new@example.com", Body(got[1])["data"]!["email"]!.ToString());
        Assert.DoesNotContain("globex", got[0].Body, StringComparison.Ordinal);

        var log = await host.Deliveries(place, items => items.Count == 2 && items.All(item => item["status"]!.ToString() == "delivered"));
        Assert.Equal(204, log[0]["log"]![0]!["statusCode"]!.GetValue<int>());
        var bare = secret["whsec_".Length..];
        Assert.Equal(0L, await host.Database.DataSource.Scalar<long>($"select count(*) from eventstore.events where data::text like '%{bare}%'", Ct));
        Assert.DoesNotContain(bare, host.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(bare, (await host.Send(HttpMethod.Get, place)).Body!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_rotation_deliveries_carry_a_signature_of_each_secret()
    {
        var (place, former) = await host.Register("/rotated");
        var (status, rotated) = await host.Send(HttpMethod.Post, $"{place}/secret");
        Assert.Equal(200, status);
        await host.NewUser();

        var received = (await Receiver.Got("/rotated", 1))[0];
        Assert.Equal(2, received.Signature.Split(' ').Length);
        Assert.True(IsSigned(received, former));
        Assert.True(IsSigned(received, rotated!["secret"]!.ToString()));
        Assert.False(IsSigned(received, "whsec_" + Convert.ToBase64String(new byte[32])));
    }

    [Fact]
    public async Task A_delivery_that_fails_is_repeated_with_the_same_id_then_parked_and_replayed_when_somebody_asks()
    {
        var isUp = false;
        Receiver.Answer = received => received.Path == "/down" && !Volatile.Read(ref isUp) ? (Receiver.At("/down").Count == 2 ? 302 : 500, "/told") : (204, null);
        var (place, secret) = await host.Register("/down");
        await host.NewUser();

        var parked = Assert.Single(await host.Deliveries(place, items => items.Count == 1 && items[0]["status"]!.ToString() == "parked"));
        Assert.Equal(3, parked["log"]!.AsArray().Count);
        Assert.Single(Receiver.At("/down").DistinctBy(received => received.Id));

        Volatile.Write(ref isUp, true);
        Assert.Equal(200, (await host.Send(HttpMethod.Post, $"{place}/deliveries/{parked["id"]}/replay")).Status);
        await host.Deliveries(place, items => items[0]["status"]!.ToString() == "delivered");
        var (status, replayed) = await host.Send(HttpMethod.Post, $"{place}/replays", new { from = "2020-01-01T00:00:00Z", to = "2100-01-01T00:00:00Z" });
        Assert.Equal((200, 1), (status, replayed!["deliveries"]!.GetValue<int>()));
        var got = await Receiver.Got("/down", 5);
        Assert.Single(got.DistinctBy(received => received.Id));
        Assert.All(got, received => Assert.True(IsSigned(received, secret)));
        Assert.Equal(404, (await host.Send(HttpMethod.Post, $"{place}/deliveries/{Guid.NewGuid()}/replay")).Status);
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_is_left_after_a_while()
    {
        Receiver.Answer = received => received.Path == "/silent" ? (0, null) : (204, null);
        var (place, _) = await host.Register("/silent");
        await host.NewUser();

        var delivery = (await host.Deliveries(place, items => items.Count == 1 && items[0]["log"]!.AsArray().Count > 0))[0];
        Assert.Equal("The receiver did not answer within 2 s.", delivery["log"]![0]!["error"]!.ToString());
        Assert.Equal(204, (await host.Send(HttpMethod.Delete, place)).Status);
    }

    [Fact]
    public async Task A_paused_endpoint_is_told_when_it_is_resumed()
    {
        var (place, _) = await host.Register("/paused");
        Assert.Equal(200, (await host.Send(HttpMethod.Post, $"{place}/pause", new { reason = "We move." })).Status);
        await host.Database.DataSource.Until("select exists (select from webhooks.mt_doc_endpointview where data ->> 'pausedBecause' = 'We move.')", Ct);
        await host.NewUser();
        await host.Deliveries(place, items => items.Count == 1 && items[0]["status"]!.ToString() == "held");
        Assert.Empty(Receiver.At("/paused"));

        Assert.Equal(200, (await host.Send(HttpMethod.Post, $"{place}/resume")).Status);
        await Receiver.Got("/paused", 1);
    }

    [Theory]
    [InlineData(500, "It has failed since")]
    [InlineData(410, "gone")]
    public async Task An_endpoint_that_fails_for_long_or_is_gone_is_paused_by_itself_with_a_reason(int answer, string reason)
    {
        var path = $"/fails-{answer}";
        Receiver.Answer = received => (received.Path == path ? answer : 204, null);
        var (place, _) = await host.Register(path);
        var id = await HasFailedForLong(place);
        await host.NewUser();

        await host.Database.DataSource.Until($"select exists (select from webhooks.mt_doc_endpointview where id = '{id}' and data ->> 'pausedBecause' like '%{reason}%')", Ct);
    }

    [Fact]
    public async Task An_endpoint_that_took_something_has_not_failed_for_long()
    {
        var isDown = false;
        Receiver.Answer = received => (received.Path == "/recovered" && Volatile.Read(ref isDown) ? 500 : 204, null);
        var (place, _) = await host.Register("/recovered");
        var id = await HasFailedForLong(place);
        await host.NewUser();
        await host.Deliveries(place, items => items.Count == 1 && items[0]["status"]!.ToString() == "delivered");
        Volatile.Write(ref isDown, true);
        await host.NewUser();
        await host.Deliveries(place, items => items.Count == 2 && items[0]["status"]!.ToString() == "parked");

        Assert.Equal(0L, await host.Database.DataSource.Scalar<long>($"select count(*) from eventstore.events where aggregate_id = '{id}' and event_type = 'endpoint.paused'", Ct));
    }

    [Fact]
    public async Task An_attempt_that_was_overtaken_sends_nothing()
    {
        Receiver.Answer = received => (received.Path == "/overtaken" ? 0 : 204, null);
        var (place, _) = await host.Register("/overtaken");
        await host.NewUser();
        await Receiver.Got("/overtaken", 1);
        var delivery = Guid.Parse((await host.Deliveries(place, items => items.Count == 1))[0]["id"]!.ToString());
        await using var scope = host.Services.CreateAsyncScope();
        var bus = scope.ServiceProvider.GetRequiredService<IMessageBus>();

        // While the first attempt waits for its answer: as if it had been asked for before a replay, or been made already.
        await bus.InvokeForTenantAsync("acme", new SendDelivery(delivery, Round: 1, Attempt: 0), Ct);
        await bus.InvokeForTenantAsync("acme", new SendDelivery(delivery, Round: 0, Attempt: 7), Ct);

        Assert.Single(Receiver.At("/overtaken"));
        Assert.Equal(204, (await host.Send(HttpMethod.Delete, place)).Status);
    }

    [Fact]
    public async Task A_ping_tries_an_endpoint_also_when_it_is_paused()
    {
        var (place, secret) = await host.Register("/pinged");
        await host.Send(HttpMethod.Post, $"{place}/pause", new { reason = "Not yet." });
        var (status, ping) = await host.Send(HttpMethod.Post, $"{place}/ping");
        Assert.Equal(200, status);

        var received = Assert.Single(await Receiver.Got("/pinged", 1));
        Assert.Equal("webhooks.ping", Body(received)["type"]!.ToString());
        Assert.True(IsSigned(received, secret));
        Assert.Equal($"msg_{Guid.Parse(ping!["deliveryId"]!.ToString()):N}", received.Id);
    }

    [Fact]
    public async Task An_event_that_is_told_again_is_not_delivered_again()
    {
        var (place, _) = await host.Register("/once");
        var user = await host.NewUser();
        await Receiver.Got("/once", 1);
        await host.Deliveries(place, items => items.Count == 1 && items[0]["status"]!.ToString() == "delivered");

        await host.Services.GetRequiredService<ProjectionOperations>().Rebuild("users.publisher", Ct);
        await host.Send(HttpMethod.Post, $"/api/users/{user}/deactivate");
        await Receiver.Got("/once", 2);
        Assert.Equal(["users.user_registered", "users.user_deactivated"], Receiver.At("/once").Select(received => Body(received)["type"]!.ToString()));
    }

    [Fact]
    public async Task What_is_older_than_the_log_is_kept_is_removed_from_it()
    {
        var (place, _) = await host.Register("/old");
        await host.NewUser();
        await host.NewUser();
        await host.Deliveries(place, items => items.Count == 2 && items.All(item => item["status"]!.ToString() == "delivered"));
        await host.Database.DataSource.Execute(
            $$"""
            update webhooks.mt_doc_delivery set data = data || '{"occurredAt": "2020-01-01T00:00:00+00:00"}'
            where id = (select min(id::text)::uuid from webhooks.mt_doc_delivery where data ->> 'endpointId' = '{{place.Split('/')[^1]}}')
            """,
            Ct);

        await host.Services.GetServices<IHostedService>().OfType<DeliveryCleaning>().Single().Clean(Ct);
        await host.Deliveries(place, items => items.Count == 1);
    }

    [Fact]
    public async Task What_is_known_of_failures_goes_with_the_next_success_and_when_nothing_comes_after_them_for_long()
    {
        var (place, _) = await host.Register("/well");
        await HasFailedForLong(place);
        var (older, _) = await host.Register("/older");
        await HasFailed(older, since: null);
        await host.NewUser();
        await host.Deliveries(place, items => items.Count == 1 && items[0]["status"]!.ToString() == "delivered");
        await host.Deliveries(older, items => items.Count == 1 && items[0]["status"]!.ToString() == "delivered");
        Assert.Null((await host.Send(HttpMethod.Get, place)).Body!["failingSince"]);
        var (removed, _) = await host.Register("/removed");
        var id = await HasFailedForLong(removed);
        Assert.Equal(204, (await host.Send(HttpMethod.Delete, removed)).Status);

        await host.Services.GetServices<IHostedService>().OfType<DeliveryCleaning>().Single().Clean(Ct);

        Assert.Equal(0L, await host.Database.DataSource.Scalar<long>($"select count(*) from webhooks.mt_doc_endpointhealth where id in ('{id}', '{place.Split('/')[^1]}', '{older.Split('/')[^1]}')", Ct));
    }

    [Fact]
    public async Task What_happened_at_one_moment_is_listed_replayed_and_told_whole_and_in_order()
    {
        const int Events = 520;
        var (place, _) = await host.Register("/moment", events: "users.user_deleted");
        var id = place.Split('/')[^1];
        Assert.Equal(200, (await host.Send(HttpMethod.Post, $"{place}/pause", new { reason = "We move." })).Status);
        await host.Database.DataSource.Execute(
            $$"""
            insert into webhooks.mt_doc_delivery (tenant_id, id, data, mt_last_modified, mt_version, mt_dotnet_type)
            select 'acme', id, jsonb_build_object(
              'id', id, 'endpointId', '{{id}}', 'event', 'users.user_deleted', 'occurredAt', '2026-01-01T09:30:00.123456+00:00', 'position', n, 'body', '{"n": ' || n || '}', 'status', 'Delivered',
              'round', 0, 'attempts', 1, 'nextAttemptAt', null, 'log', '[]'::jsonb), now(), gen_random_uuid(), ''
            from (select n, gen_random_uuid() as id from generate_series(1, {{Events}}) as n) as delivery
            """,
            Ct);

        var listed = new List<string>();
        var pages = 0;
        for (string? next = $"{place}/deliveries?pageSize=100"; next is not null; pages++)
        {
            var (_, page) = await host.Send(HttpMethod.Get, next);
            listed.AddRange(page!["items"]!.AsArray().Select(item => item!["id"]!.ToString()));
            next = page["next"]?.ToString();
        }

        Assert.Equal((6, Events, Events), (pages, listed.Count, listed.Distinct(StringComparer.Ordinal).Count()));
        var (_, first) = await host.Send(HttpMethod.Post, $"{place}/replays", new { from = "2026-01-01T00:00:00Z", to = "2026-01-02T00:00:00Z" });
        var (_, rest) = await host.Send(
            HttpMethod.Post, $"{place}/replays", new { from = first!["nextFrom"]!.ToString(), to = "2026-01-02T00:00:00Z", after = first["nextAfter"]!.ToString() });
        Assert.Equal((500, 20), (first["deliveries"]!.GetValue<int>(), rest!["deliveries"]!.GetValue<int>()));
        Assert.Null(rest["nextFrom"]);
        await host.Database.DataSource.Until(
            $"select count(*) = {Events} from webhooks.mt_doc_delivery where data ->> 'endpointId' = '{id}' and data ->> 'status' = 'Held' and (data ->> 'round')::int = 1", Ct);
        Assert.Equal(200, (await host.Send(HttpMethod.Post, $"{place}/resume")).Status);
        var told = await Receiver.Got("/moment", Events);
        Assert.Equal(Enumerable.Range(1, Events), told.Select(received => Body(received)["n"]!.GetValue<int>()));
    }

    [Theory]
    [InlineData("beforeId=019a20c2-0a0b-7c0d-8e0f-101112131415")]
    [InlineData("status=7")]
    [InlineData("pageSize=101")]
    public async Task A_page_of_the_log_that_cannot_be_is_refused(string query)
    {
        var (place, _) = await host.Register("/refused");
        Assert.Equal(400, (await host.Send(HttpMethod.Get, $"{place}/deliveries?{query}")).Status);
    }

    [Fact]
    public async Task An_endpoint_belongs_to_its_tenant()
    {
        var (place, _) = await host.Register("/mine");
        Assert.Equal(404, (await host.Send(HttpMethod.Get, place, tenant: "globex")).Status);
        Assert.Equal(404, (await host.Send(HttpMethod.Post, $"{place}/ping", tenant: "globex")).Status);
        Assert.Equal(404, (await host.Send(HttpMethod.Delete, place, tenant: "globex")).Status);
        Assert.Empty((await host.Send(HttpMethod.Get, $"{place}/deliveries", tenant: "globex")).Body!["items"]!.AsArray());
    }

    private static JsonNode Body(Receiver.Received received) => JsonNode.Parse(received.Body)!;

    // Since 2020; answers the endpoint's id.
    private Task<string> HasFailedForLong(string place) => HasFailed(place, "2020-01-01T00:00:00+00:00");

    private async Task<string> HasFailed(string place, string? since)
    {
        var id = place.Split('/')[^1];
        await host.Database.DataSource.Execute(
            $$"""
            insert into webhooks.mt_doc_endpointhealth (tenant_id, id, data, mt_last_modified, mt_version, mt_dotnet_type)
            values ('acme', '{{id}}', '{"id": "{{id}}", "failingSince": {{(since is null ? "null" : $"\"{since}\"")}}}', now(), '{{Guid.NewGuid()}}', '')
            """,
            Ct);
        return id;
    }

    // Independent of the product's own code, as a receiver would write it.
    private static bool IsSigned(Receiver.Received received, string secret)
    {
        using var hmac = new HMACSHA256(Convert.FromBase64String(secret.Split('_', 2)[1]));
        var expected = Convert.ToBase64String(hmac.ComputeHash(Encoding.UTF8.GetBytes(received.Id + "." + received.Timestamp + "." + received.Body)));
        return received.Signature.Split(' ').Any(signature => signature.StartsWith("v1,", StringComparison.Ordinal) && signature[3..] == expected);
    }
}
