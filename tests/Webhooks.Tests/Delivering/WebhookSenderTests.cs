using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Webhooks.Delivering;
using Monolith.Webhooks.Domain;
using Monolith.Webhooks.Tests.Hosts;

namespace Monolith.Webhooks.Tests.Delivering;

/// <summary>One attempt, against a receiver on a real port: what comes of it, when the next one is, and what metrics say.</summary>
public sealed class WebhookSenderTests : IAsyncLifetime
{
    private readonly Receiver receiver = new();
    private readonly EndpointSecrets secrets = new(new EphemeralDataProtectionProvider());

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await receiver.Start();

    public async ValueTask DisposeAsync() => await receiver.DisposeAsync();

    [Theory]
    [InlineData(200, "delivered")]
    [InlineData(302, "refused")]
    [InlineData(410, "refused")]
    [InlineData(500, "refused")]
    [InlineData(Receiver.HangsUp, "unreachable")]
    [InlineData(0, "timed_out")]
    public async Task An_attempt_is_counted_by_what_came_of_it(int answer, string outcome)
    {
        receiver.Answer = _ => (answer, null);
        var (sender, counted) = Sender(new() { AllowPrivateTargets = true, Timeout = TimeSpan.FromSeconds(1), RetryAfter = { TimeSpan.FromSeconds(5) } });

        var after = await sender.Send(Endpoint(secrets), New(), Ct);

        Assert.Equal(outcome == "delivered", after.Log[^1].Succeeded);
        Assert.Equal(answer > 0 ? answer : null, after.Log[^1].StatusCode);
        Assert.Equal([outcome], counted());
        Assert.Single(receiver.Requests);
    }

    [Fact]
    public async Task What_must_not_or_cannot_be_sent_is_counted_and_does_not_arrive()
    {
        var (guarded, forbidden) = Sender(new() { RetryAfter = { TimeSpan.FromSeconds(5) } });
        var inside = await guarded.Send(Endpoint(secrets), New(), Ct);
        var (sender, unsendable) = Sender(new() { AllowPrivateTargets = true, RetryAfter = { TimeSpan.FromSeconds(5) } });
        var foreign = await sender.Send(Endpoint(new(new EphemeralDataProtectionProvider())), New(), Ct);
        var huge = await sender.Send(Endpoint(secrets), New() with { Body = new('x', (256 * 1024) + 1) }, Ct);

        Assert.Equal("The host leads to an address that is not public.", inside.Log[^1].Error);
        Assert.Equal("The secret cannot be decrypted: its keys are missing.", foreign.Log[^1].Error);
        Assert.Equal("The event is larger than 262144 bytes.", huge.Log[^1].Error);
        Assert.Equal(["forbidden"], forbidden());
        Assert.Equal(["unsendable", "unsendable"], unsendable());
        Assert.Empty(receiver.Requests);
    }

    [Fact]
    public async Task A_delivery_rests_as_long_as_is_set_after_each_failure_and_is_parked_after_the_last()
    {
        receiver.Answer = _ => (500, null);
        var options = new WebhookOptions { AllowPrivateTargets = true, RetryAfter = { TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1) } };
        var (sender, counted) = Sender(options);

        var first = await sender.Send(Endpoint(secrets), New(), Ct);
        var second = await sender.Send(Endpoint(secrets), first, Ct);
        var last = await sender.Send(Endpoint(secrets), second, Ct);

        Assert.Equal((DeliveryStatus.Waiting, TimeSpan.FromSeconds(5)), (first.Status, first.NextAttemptAt - first.Log[^1].At));
        Assert.Equal((DeliveryStatus.Waiting, TimeSpan.FromMinutes(1)), (second.Status, second.NextAttemptAt - second.Log[^1].At));
        Assert.Equal((DeliveryStatus.Parked, 3, null), (last.Status, last.Log.Count, last.NextAttemptAt));
        Assert.Equal(["refused", "refused", "refused", "parked"], counted());
    }

    [Fact]
    public async Task A_ping_is_tried_once_and_is_nothing_that_was_given_up()
    {
        receiver.Answer = _ => (500, null);
        var (sender, counted) = Sender(new() { AllowPrivateTargets = true, RetryAfter = { TimeSpan.FromSeconds(5) } });

        var after = await sender.Send(Endpoint(secrets), Delivery.OfPing(Guid.CreateVersion7(), Guid.CreateVersion7(), DateTimeOffset.UnixEpoch), Ct);

        Assert.Equal(DeliveryStatus.Parked, after.Status);
        Assert.Equal(["refused"], counted());
    }

    private static Delivery New() => Delivery.Of(
        new("users.user_registered", new("acme", Guid.CreateVersion7(), "user", Guid.CreateVersion7(), 1, 1, DateTimeOffset.UnixEpoch), JsonElement.Parse("{}")), Guid.CreateVersion7(), isHeld: false);

    private EndpointState Endpoint(EndpointSecrets signs) =>
        EndpointState.Initial.Apply(new EndpointRegistered($"http://127.0.0.1:{receiver.Port}/hooks", ["*"], signs.Create()));

    // With a meter of its own, whose counters are read as a word for each count.
    private (WebhookSender Sender, Func<List<string>> Counted) Sender(WebhookOptions options)
    {
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        return (new(new Clients(options), secrets, options, new(meters), TimeProvider.System), () => Counted(meters));
    }

    private static List<string> Counted(IMeterFactory meters)
    {
        var counted = new List<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == meters && instrument is ObservableCounter<long>)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) => counted.AddRange(Enumerable.Repeat(tags.Length == 0 ? "parked" : (string)tags[0].Value!, (int)count)));
        listener.Start();
        listener.RecordObservableInstruments();
        return counted;
    }

    private sealed class Clients(WebhookOptions options) : IHttpClientFactory
    {
        public HttpClient CreateClient(string name) => new(new GuardedConnections(new(options), new SystemHostNames()).Handler());
    }
}
