using Marten;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.EventSourcing;
using Monolith.Hosting;
using Monolith.Webhooks.Delivering;
using Monolith.Webhooks.Domain;
using Wolverine;
using Endpoint = Monolith.Webhooks.Domain.Endpoint;

namespace Monolith.Webhooks.Features;

/// <summary>Sends an endpoint the event <c>webhooks.ping</c>, once, also when it is paused.</summary>
/// <param name="EndpointId">The endpoint.</param>
/// <param name="DeliveryId">The id of the delivery, so that a repeat sends no second one.</param>
public sealed record PingEndpoint(Guid EndpointId, Guid DeliveryId);

/// <summary>The delivery of a ping.</summary>
/// <param name="DeliveryId">Its id in the delivery log.</param>
public sealed record PingSent(Guid DeliveryId);

internal static class PingEndpointRoute
{
    internal static void MapPingEndpoint(this RouteGroupBuilder routes) => routes
        .MapPost("/endpoints/{id:guid}/ping", async (Guid id, IMessageBus bus, CancellationToken ct) =>
            Reply.View(await bus.InvokeAsync<PingSent?>(new PingEndpoint(id, Guid.CreateVersion7()), ct)))
        .WithSummary("Sends an endpoint a test event")
        .WithDescription("What became of it is in the delivery log, under the id that is answered.")
        .WithAnswer(new PingSent(Guid.Parse("019a20c2-0a0b-7c0d-8e0f-101112131415")));
}

/// <summary>Handles <see cref="PingEndpoint"/>.</summary>
public static class PingEndpointHandler
{
    /// <summary>Queues the ping; null when there is no such endpoint.</summary>
    public static async Task<PingSent?> Handle(
        PingEndpoint command, IDocumentSession session, AggregateRepository<Endpoint> endpoints, IMessageContext bus, TimeProvider time, CancellationToken ct)
    {
        if (await endpoints.Find(command.EndpointId, ct: ct) is not { State.Status: EndpointStatus.Active or EndpointStatus.Paused })
        {
            return null;
        }

        if (await session.LoadAsync<Delivery>(command.DeliveryId, ct) is null)
        {
            var ping = Delivery.OfPing(command.DeliveryId, command.EndpointId, time.GetUtcNow());
            session.Store(ping);
            await bus.Send(ping);
        }

        return new(command.DeliveryId);
    }
}
