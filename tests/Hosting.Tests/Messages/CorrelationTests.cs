using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Hosting.Tests.Sample;

namespace Monolith.Hosting.Tests.Messages;

/// <summary>What a request led to can be followed, in what is stored and as one trace.</summary>
[Collection(NotesHostCollection.Name)]
public sealed class CorrelationTests(NotesHost host)
{
    private const string Trace = "5bf92f3577b34da6a3ce929d0e0e4736";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private Heard Heard => host.Services.GetRequiredService<Heard>();

    [Fact]
    public async Task An_event_that_a_consumer_led_to_names_the_request_the_user_the_event_before_it_and_its_trace()
    {
        var spans = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("Monolith", StringComparison.Ordinal) || source.Name.StartsWith("Wolverine", StringComparison.Ordinal),
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                lock (spans)
                {
                    spans.Add(span);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        var id = await host.Write("echo", ("X-Correlation-Id", "order-67"), ("Authorization", Tokens.Bearer("acme", user: "ada").ToString()), ("traceparent", $"00-{Trace}-00f067aa0ba902b7-01"));
        var first = (await host.Events(id))[0];
        await Heard.Until(() => Heard.Echoes(first.EventId) == 1, Ct);

        var answer = (await host.Events(first.EventId))[0];
        Assert.Equal("order-67", answer.Metadata.CorrelationId);
        Assert.Equal(first.EventId.ToString("N"), answer.Metadata.CausationId);
        Assert.Equal("WriteNote", answer.Metadata.Command);
        Assert.Equal("ada", answer.Metadata.UserId);
        Assert.Equal(Trace, answer.Metadata.TraceId);

        // And the next: what the answer leads to is of the same request still.
        await Heard.Until(() => Heard.Of(first.EventId).Count == 2, Ct);
        Assert.All(Heard.Of(first.EventId), message => Assert.Equal(("order-67", Trace), (message.CorrelationId, message.TraceId)));
        lock (spans)
        {
            var published = Assert.Single(spans, span => span.OperationName == "publish notes.note_told" && Equals(span.GetTagItem("monolith.event.id"), first.EventId));
            Assert.Equal(Trace, published.TraceId.ToHexString());
            Assert.Contains(spans, span => span.Source.Name.StartsWith("Wolverine", StringComparison.Ordinal) && span.ParentId == published.Id);
        }
    }

    [Fact]
    public async Task Without_anybody_who_traces_the_trace_of_the_request_is_kept_all_the_same()
    {
        var id = await host.Write("echo alone", ("traceparent", $"00-{Trace}-00f067aa0ba902b7-01"));
        var first = (await host.Events(id))[0];
        await Heard.Until(() => Heard.Echoes(first.EventId) == 1, Ct);

        Assert.Equal((Trace, Trace), ((await host.Events(first.EventId))[0].Metadata.TraceId, first.Metadata.CorrelationId));
    }
}
