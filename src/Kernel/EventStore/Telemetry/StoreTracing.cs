using System.Diagnostics;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;

namespace Monolith.EventStore;

/// <summary>The store's spans, of the source <see cref="SourceName"/>: what was done to which type and how much of it, never an id and never what events hold.</summary>
public static class StoreTracing
{
    /// <summary>The name of the source.</summary>
    public const string SourceName = "Monolith.EventStore";

    // A batch that a projection takes while it catches up is made of thousands of requests; nobody follows so many links.
    private const int MostLinks = 32;

    private static readonly ActivitySource Source = new(SourceName);

    internal static Activity? Append(string aggregateType, int streams) => Source.HasListeners()
        ? Source.StartActivity($"append {aggregateType}", ActivityKind.Client)?.SetTag("monolith.aggregate_type", aggregateType).SetTag("monolith.streams", streams)
        : null;

    internal static Activity? Load(string aggregateType) => Source.HasListeners()
        ? Source.StartActivity($"load {aggregateType}", ActivityKind.Client)?.SetTag("monolith.aggregate_type", aggregateType)
        : null;

    /// <summary>
    /// A batch of a projection: a trace of its own that links to those in which its events were appended. What is sent from within, such as the messages of a
    /// subscription, goes on in it.
    /// </summary>
    internal static Activity? Project(ProjectionShard key, IReadOnlyList<EventEnvelope> events)
    {
        if (!Source.HasListeners() || events.Count == 0)
        {
            return null;
        }

        return Source.StartActivity(
            ActivityKind.Consumer,
            parentContext: default,
            tags:
            [
                new("monolith.projection", key.Projection),
                new("monolith.shard", key.Shard),
                new("monolith.slot", key.Slot),
                new("monolith.events", events.Count),
            ],
            links: Links(events),
            name: $"project {key.Projection}");
    }

    /// <summary>Marks a span as failed.</summary>
    internal static void Failed(this Activity? span, Exception error) =>

        // The message may hold what an event holds.
        span?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", error is EventSourcingException { Code: var code } ? code : error.GetType().FullName);

    /// <summary>Waits for the work of a span and marks it when that fails.</summary>
    internal static Task<T> Observe<T>(this Activity? span, Task<T> work)
    {
        return span is null ? work : Observed();

        async Task<T> Observed()
        {
            await span.Observe((Task)work);
            return await work;
        }
    }

    /// <inheritdoc cref="Observe{T}"/>
    internal static Task Observe(this Activity? span, Task work)
    {
        return span is null ? work : Observed();

        async Task Observed()
        {
            try
            {
                await work;
            }
            catch (Exception error)
            {
                span.Failed(error);
                throw;
            }
        }
    }

    private static List<ActivityLink> Links(IReadOnlyList<EventEnvelope> events)
    {
        var links = new List<ActivityLink>();
        var seen = new HashSet<(string, string)>();
        foreach (var metadata in events.Select(envelope => envelope.Metadata))
        {
            if (links.Count == MostLinks)
            {
                break;
            }

            if (metadata is { TraceId: { } trace, SpanId: { } span } && seen.Add((trace, span)) && ContextOf(trace, span) is { } context)
            {
                links.Add(new(context));
            }
        }

        return links;
    }

    private static ActivityContext? ContextOf(string trace, string span) =>
        ActivityContext.TryParse($"00-{trace}-{span}-01", traceState: null, isRemote: true, out var context) ? context : null;
}
