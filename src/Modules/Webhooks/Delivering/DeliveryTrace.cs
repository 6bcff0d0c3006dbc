using System.Diagnostics;

namespace Monolith.Webhooks.Delivering;

/// <summary>
/// The span of an attempt, under the message that asked for it and so in the trace of the request that began it all. It names the event, the id that the receiver sees and what came of it;
/// neither the receiver nor what was sent. The receiver is not told of the trace: its id would tell what of ours belongs together.
/// </summary>
internal static class DeliveryTrace
{
    private static readonly ActivitySource Source = new(DeliveryMetrics.MeterName);

    public static Activity? Start(Delivery delivery) => Source.StartActivity($"deliver {delivery.Event}", ActivityKind.Client)?
        .SetTag("monolith.webhook.id", delivery.WebhookId)
        .SetTag("monolith.webhook.attempt", delivery.Attempts + 1);

    public static void End(Activity? span, string outcome, int? status)
    {
        span?.SetTag("http.response.status_code", status);
        if (outcome != Outcome.Delivered)
        {
            span?.SetTag("error.type", outcome).SetStatus(ActivityStatusCode.Error);
        }
    }
}
