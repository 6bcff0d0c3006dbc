using System.Diagnostics;
using Monolith.EventSourcing;

namespace Monolith.Hosting;

/// <summary>
/// Lets what a message leads to be part of the trace of the request that led to the message: under the span in which its event was appended. An event that was stored
/// without that span stands in for it with a number made of its id; the trace is one, and a viewer shows a span as missing.
/// </summary>
internal static class MessageTrace
{
    public const string SourceName = "Monolith.Messages";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>A span for the publishing of an event; null when nobody listens.</summary>
    public static Activity? StartPublishing(EventEnvelope cause, string name)
    {
        var parent = ActivityContext.TryParse(ParentOf(cause), traceState: null, isRemote: true, out var context) ? context : default;
        return Source.StartActivity($"publish {name}", ActivityKind.Producer, parent)?
            .SetTag("messaging.message_type", name)
            .SetTag("monolith.event.id", cause.EventId)
            .SetTag("monolith.event.type", cause.EventType);
    }

    /// <summary>The W3C parent for what an event leads to; null when it was appended in no trace.</summary>
    public static string? ParentOf(EventEnvelope cause)
    {
        if (cause.Metadata.TraceId is not { Length: 32 } trace)
        {
            return null;
        }

        // The last eight bytes of an id are random, and never all zero, which a span may not be: two of their bits say which kind of id it is.
        var span = cause.Metadata.SpanId ?? cause.EventId.ToString("N")[16..];
        return $"00-{trace}-{span}-01";
    }

    /// <summary>The trace that a W3C parent names; null when it names none.</summary>
    public static string? TraceOf(string? parent) =>
        ActivityContext.TryParse(parent, traceState: null, out var context) ? context.TraceId.ToHexString() : null;
}
