using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
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
    private const string LongAgo = "2020-01-01T00:00:00+00:00";

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
        Assert.Equal(["users.user_registered", "users.email_changed"], got.Select(received => received.Json["type"]!.ToString()));
        Assert.Equal([1, 2], got.Select(received => received.Json["sequence"]!.GetValue<int>()));
        Assert.All(got, received => Assert.Equal(user, received.Json["subject"]!["id"]!.ToString()));
        Assert.Equal("new@example.com", got[1].Json["data"]!["email"]!.ToString());
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
        var id = await host.HasFailed(place, LongAgo);
        await host.NewUser();

        await host.Database.DataSource.Until($"select exists (select from webhooks.mt_doc_endpointview where id = '{id}' and data ->> 'pausedBecause' like '%{reason}%')", Ct);
    }

    [Fact]
    public async Task An_endpoint_that_took_something_has_not_failed_for_long()
    {
        var isDown = false;
        Receiver.Answer = received => (received.Path == "/recovered" && Volatile.Read(ref isDown) ? 500 : 204, null);
        var (place, _) = await host.Register("/recovered");
        var id = await host.HasFailed(place, LongAgo);
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
        Assert.Equal("webhooks.ping", received.Json["type"]!.ToString());
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
        Assert.Equal(["users.user_registered", "users.user_deactivated"], Receiver.At("/once").Select(received => received.Json["type"]!.ToString()));
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

    // Independent of the product's own code, as a receiver would write it.
    private static bool IsSigned(Receiver.Received received, string secret)
    {
        using var hmac = new HMACSHA256(Convert.FromBase64String(secret.Split('_', 2)[1]));
        var expected = Convert.ToBase64String(hmac.ComputeHash(Encoding.UTF8.GetBytes(received.Id + "." + received.Timestamp + "." + received.Body)));
        return received.Signature.Split(' ').Any(signature => signature.StartsWith("v1,", StringComparison.Ordinal) && signature[3..] == expected);
    }
}
