using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Monolith.Host;
using Monolith.Webhooks.Tests.Hosts;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace Monolith.EndToEnd.Tests.Telemetry;

/// <summary>From a request to the webhook that tells of it, with the sources that the host sends.</summary>
[Collection(RunningHostCollection.Name)]
public sealed class WebhookTraceTests(RunningHost host)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_request_its_append_its_message_and_its_webhook_are_one_trace_and_no_span_holds_what_happened()
    {
        await using var receiver = new Receiver();
        await receiver.Start();
        await host.Projected((await host.Post("/api/webhooks/endpoints", new { url = $"http://127.0.0.1:{receiver.Port}/hooks", events = (string[])["accounts.*", "users.*"] })).ShouldBe(201));
        var spans = new ConcurrentQueue<Activity>();
        using var provider = Sdk.CreateTracerProviderBuilder().AddSources().AddProcessor(new Kept(spans)).Build();

        var name = Requests.UniqueName();
        await host.NewUser(name);
        (await host.Get($"/api/users?email={name}@example.com")).ShouldBe(200);
        var account = (await host.Projected((await host.Post("/api/accounts", new { holder = "Ottilie Kettlewell", currency = "EUR" })).ShouldBe(201)))["Location"]!;
        var (trace, caller) = (ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom());
        var deposit = await host.Post(
            $"{account}/deposits", new { amount = 4711.25m, reference = "of-nobodys-business" }, headers: ("traceparent", $"00-{trace.ToHexString()}-{caller.ToHexString()}-01"));
        await host.Projected(deposit.ShouldBe(200));

        await receiver.Until(() => TellsOfDeposit(receiver, account) is not null);
        var received = TellsOfDeposit(receiver, account)!;
        var delivery = await Find(spans, span => Equals(span.GetTagItem("monolith.webhook.id"), received.Id));
        var way = new List<Activity> { delivery };
        while (way[^1].ParentSpanId is var parent && parent != caller)
        {
            way.Add(await Find(spans, span => span.SpanId == parent));
        }

        // Upwards: the attempt, the message that asked for it, the event between modules, its publishing, the request.
        Assert.All(way, span => Assert.Equal(trace, span.TraceId));
        Assert.Equal("deliver accounts.money_deposited", way[0].OperationName);
        Assert.Equal((ActivityKind.Client, 1, 204), (way[0].Kind, way[0].GetTagItem("monolith.webhook.attempt"), way[0].GetTagItem("http.response.status_code")));
        Assert.Equal(["Monolith.Webhooks", "Wolverine", "Monolith.Messages", "Microsoft.AspNetCore"], way.Select(span => span.Source.Name).Distinct());
        Assert.Equal(ActivityKind.Server, way[^1].Kind);
        var append = await Find(spans, span => span.OperationName == "append account" && span.TraceId == trace);
        Assert.Equal((1L, "account"), (append.GetTagItem("monolith.events"), append.GetTagItem("monolith.aggregate_type")));
        var batch = await Find(spans, span => span.OperationName == "project accounts.publisher" && span.Links.Any(link => link.Context.TraceId == trace));
        Assert.Contains(batch.Links, link => link.Context.SpanId == way[^1].SpanId);

        // A receiver is not told what belongs together here.
        Assert.DoesNotContain(received.Headers, header => header.StartsWith("trace", StringComparison.OrdinalIgnoreCase) || header is "baggage" or "Request-Id" or "Correlation-Context");
        RequireNothingOf(spans, ["Kettlewell", "4711.25", "of-nobodys-business", name, Requests.Password]);
    }

    private static Receiver.Received? TellsOfDeposit(Receiver receiver, string account) => receiver.Requests.FirstOrDefault(request =>
        JsonNode.Parse(request.Body)! is var told && told["type"]!.ToString() == "accounts.money_deposited" && account.EndsWith(told["subject"]!["id"]!.ToString(), StringComparison.Ordinal));

    private static void RequireNothingOf(IReadOnlyCollection<Activity> spans, string[] payload) => Assert.All(spans, span =>
    {
        var said = string.Join(
            '\n',
            [
                span.DisplayName, span.StatusDescription, .. span.TagObjects.Select(tag => $"{tag.Key}={tag.Value}"), .. span.Baggage.Select(pair => $"{pair.Key}={pair.Value}"),
                .. span.Events.Select(happened => $"{happened.Name} {string.Join(' ', happened.Tags.Select(tag => tag.Value))}"),
            ]);
        Assert.All(payload, value => Assert.False(said.Contains(value, StringComparison.OrdinalIgnoreCase), $"{span.Source.Name} {span.OperationName} says {value}:\n{said}"));
    });

    private static async Task<Activity> Find(ConcurrentQueue<Activity> spans, Func<Activity, bool> wanted)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Patience);
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            if (spans.FirstOrDefault(wanted) is { } found)
            {
                return found;
            }

            await again.WaitForNextTickAsync(deadline.Token);
        }
    }

    private sealed class Kept(ConcurrentQueue<Activity> spans) : BaseProcessor<Activity>
    {
        public override void OnEnd(Activity data) => spans.Enqueue(data);
    }
}
