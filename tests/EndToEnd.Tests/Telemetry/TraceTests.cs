using System.Collections.Concurrent;
using System.Diagnostics;
using Monolith.EventStore;

namespace Monolith.EndToEnd.Tests.Telemetry;

[Collection(RunningHostCollection.Name)]
public sealed class TraceTests(RunningHost host)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_request_its_loads_and_appends_are_one_trace_to_which_the_batches_of_projections_link()
    {
        var account = await host.NewAccount();
        var spans = new ConcurrentQueue<Activity>();
        using var listener = Listen(spans);
        var (trace, caller) = (ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom());
        var deposit = await host.Post(
            $"{account}/deposits", new { amount = 4711, reference = "of-nobodys-business" }, headers: ("traceparent", $"00-{trace.ToHexString()}-{caller.ToHexString()}-01"));
        await host.Projected(deposit.ShouldBe(200));

        var request = await Find(spans, span => span.Kind == ActivityKind.Server && span.TraceId == trace);
        Assert.Equal(caller, request.ParentSpanId);
        var load = await Find(spans, span => span.OperationName == "load account" && span.TraceId == request.TraceId);
        var append = await Find(spans, span => span.OperationName == "append account" && span.TraceId == request.TraceId);
        Assert.Equal((1L, "account"), (append.GetTagItem("monolith.events"), append.GetTagItem("monolith.aggregate_type")));
        Assert.Equal(1, load.GetTagItem("monolith.events"));
        Assert.Equal(ActivityStatusCode.Unset, append.Status);

        foreach (var projection in (string[])["accounts.account_summaries", "accounts.statements"])
        {
            var batch = await Find(spans, span => span.OperationName == $"project {projection}" && span.Links.Any(link => link.Context.TraceId == request.TraceId));
            Assert.NotEqual(request.TraceId, batch.TraceId);
            Assert.Contains(batch.Links, link => link.Context.SpanId == request.SpanId);
            Assert.Equal(projection, batch.GetTagItem("monolith.projection"));
        }

        Assert.All(spans.Where(span => span.Source.Name == StoreTracing.SourceName).SelectMany(span => span.TagObjects), tag =>
        {
            Assert.StartsWith("monolith.", tag.Key, StringComparison.Ordinal);
            Assert.DoesNotContain("business", $"{tag.Value}", StringComparison.Ordinal);
            Assert.False(Guid.TryParse($"{tag.Value}", out _), $"{tag.Key} is an id");
        });
    }

    [Fact]
    public async Task A_refused_append_is_marked_with_its_code_and_without_its_message()
    {
        var name = Requests.UniqueName();
        await host.NewUser(name);
        var spans = new ConcurrentQueue<Activity>();
        using var listener = Listen(spans);
        (await host.Post("/api/users", new { email = $"{name}@example.com", username = Requests.UniqueName(), password = Requests.Password })).ShouldBe(409);

        var append = await Find(spans, span => span.OperationName == "append user" && span.Status == ActivityStatusCode.Error && Equals(span.GetTagItem("error.type"), "email_taken"));
        Assert.Null(append.StatusDescription);
        Assert.Empty(append.Events);
    }

    private static ActivityListener Listen(ConcurrentQueue<Activity> spans)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is StoreTracing.SourceName or "Microsoft.AspNetCore",
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private static async Task<Activity> Find(ConcurrentQueue<Activity> spans, Func<Activity, bool> wanted)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Patience);
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        do
        {
            if (spans.FirstOrDefault(wanted) is { } found)
            {
                return found;
            }
        }
        while (await again.WaitForNextTickAsync(deadline.Token));
        throw new TimeoutException();
    }
}
