using Marten;
using Monolith.EventSourcing;
using Monolith.Webhooks.Delivering;
using Monolith.Webhooks.Domain;
using Wolverine;

namespace Monolith.Webhooks.Integration;

/// <summary>Sends what was kept while an endpoint was paused, in the order in which it happened; some at a time.</summary>
/// <param name="EndpointId">The endpoint.</param>
public sealed record SendHeld(Guid EndpointId);

/// <summary>Begins with it when an endpoint is resumed.</summary>
public static class ResumedEndpointHandler
{
    /// <summary>Asks for it.</summary>
    public static SendHeld Handle(Contracts.Events.EndpointResumed told) => new(told.EndpointId);
}

/// <summary>Handles <see cref="SendHeld"/>.</summary>
public static class SendHeldHandler
{
    private const int AtOnce = 200;

    /// <summary>Sends some, and asks for the rest.</summary>
    public static async Task Handle(SendHeld message, IDocumentSession session, AggregateRepository<Endpoint> endpoints, IMessageContext bus, CancellationToken ct)
    {
        if (await endpoints.Find(message.EndpointId, ct: ct) is not { State.Status: EndpointStatus.Active })
        {
            return;
        }

        var held = await Held(session, message.EndpointId, ct);
        foreach (var again in held.Select(delivery => delivery.Again()))
        {
            session.Store(again);
            await bus.Send(again);
        }

        if (held.Count == AtOnce)
        {
            await bus.PublishAsync(message);
        }
    }

    internal static Task<IReadOnlyList<Delivery>> Held(IQuerySession session, Guid endpointId, CancellationToken ct) => session.Query<Delivery>()
        .Where(delivery => delivery.EndpointId == endpointId && delivery.Status == DeliveryStatus.Held)
        .OrderBy(delivery => delivery.Position)
        .Take(AtOnce)
        .ToListAsync(ct);
}
