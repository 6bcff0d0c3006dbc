using Marten;
using Monolith.EventSourcing;
using Monolith.Webhooks.Domain;
using Wolverine;

namespace Monolith.Webhooks.Delivering;

/// <summary>Sends a delivery, if it still waits for this attempt.</summary>
/// <param name="DeliveryId">The delivery.</param>
/// <param name="Round">How often it was replayed when this was asked for.</param>
/// <param name="Attempt">How often it was tried by then.</param>
public sealed record SendDelivery(Guid DeliveryId, int Round, int Attempt);

/// <summary>Since when an endpoint has done nothing but fail. There is none of an endpoint whose last attempt succeeded.</summary>
/// <param name="Id">The endpoint.</param>
/// <param name="FailingSince">The first failure since the last success; null in what earlier versions have stored of endpoints that do not fail.</param>
public sealed record EndpointHealth(Guid Id, DateTimeOffset? FailingSince);

/// <summary>
/// Handles <see cref="SendDelivery"/>. The attempt is recorded, and the next one scheduled, in one transaction with the mark that this message is handled. If the process dies between
/// the receiver's answer and that, the same delivery is sent again, with the same id.
/// </summary>
public static class SendDeliveryHandler
{
    private const int Gone = 410;

    /// <summary>Sends it.</summary>
    public static async Task Handle(
        SendDelivery message,
        IDocumentSession session,
        AggregateRepository<Endpoint> endpoints,
        WebhookSender sender,
        WebhookOptions options,
        IMessageContext bus,
        CancellationToken ct)
    {
        if (await session.LoadAsync<Delivery>(message.DeliveryId, ct) is not { Status: DeliveryStatus.Waiting } delivery
            || (delivery.Round, delivery.Attempts) != (message.Round, message.Attempt))
        {
            return;
        }

        var endpoint = await endpoints.Find(delivery.EndpointId, ct: ct);
        switch (endpoint?.State.Status)
        {
            case EndpointStatus.Active:
            case EndpointStatus.Paused when delivery.Event == Delivery.Ping:
                break;
            case EndpointStatus.Paused:
                session.Store(delivery.Hold());
                return;
            default:
                session.Delete(delivery);
                return;
        }

        var after = await sender.Send(endpoint.State, delivery, ct);
        session.Store(after);
        if (after.NextAttemptAt is { } again)
        {
            await bus.ScheduleAsync(new SendDelivery(after.Id, after.Round, after.Attempts), again, Sending.Options(after));
        }

        if (delivery.Event != Delivery.Ping)
        {
            await Judge(endpoint, after.Log[^1], session, endpoints, options, ct);
        }
    }

    // An endpoint that is gone, or fails for long, is not asked for ever.
    private static async Task Judge(
        Endpoint endpoint, DeliveryAttempt attempt, IDocumentSession session, AggregateRepository<Endpoint> endpoints, WebhookOptions options, CancellationToken ct)
    {
        var health = await session.LoadAsync<EndpointHealth>(endpoint.Id, ct);
        var since = attempt.Succeeded ? (DateTimeOffset?)null : health?.FailingSince ?? attempt.At;
        var reason = attempt.StatusCode == Gone ? "The receiver says that it is gone."
            : attempt.At - since >= options.PauseAfter ? $"It has failed since {since:u}. The last time: {attempt.Error}"
            : null;
        if (reason is not null)
        {
            await endpoints.Update(endpoint.Id, paused => paused.Pause(reason, byItself: true), ct: ct);
            since = null;
        }

        if (since is null && health is not null)
        {
            session.Delete(health);
        }
        else if (since != health?.FailingSince)
        {
            session.Store(new EndpointHealth(endpoint.Id, since));
        }
    }
}

/// <summary>How deliveries are handed to their queue.</summary>
internal static class Sending
{
    // What is for one endpoint goes one after the other, so that it arrives in order as long as nothing fails; endpoints do not wait for each other.
    public static DeliveryOptions Options(Delivery delivery) => new() { GroupId = delivery.EndpointId.ToString("N") };

    public static ValueTask Send(this IMessageContext bus, Delivery delivery) =>
        bus.PublishAsync(new SendDelivery(delivery.Id, delivery.Round, delivery.Attempts), Options(delivery));
}
