using Marten;
using Monolith.EventStore.Projections;
using Monolith.Hosting;
using Monolith.Webhooks.Delivering;
using Monolith.Webhooks.ReadModels;
using Wolverine;

namespace Monolith.Webhooks.Integration;

/// <summary>
/// Makes a delivery for each endpoint of the tenant that wants an event. Deliveries, their messages and the mark that this one is handled are one transaction. Told twice, an event
/// makes no second delivery.
/// </summary>
public static class QueueDeliveriesHandler
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Makes them.</summary>
    public static async Task Handle(PublishedEvent published, IDocumentSession session, ProjectionRunner projections, IMessageContext bus, CancellationToken ct)
    {
        // Whoever registered before the event happened is to be told, also when that was a moment before.
        await projections.WaitFor(Endpoints.Id, published.Origin.TenantId, published.Origin.Position, Patience, ct);
        var endpoints = await session.Query<EndpointView>().Where(endpoint => endpoint.Since < published.Origin.Position).ToListAsync(ct);
        foreach (var endpoint in endpoints.Where(endpoint => endpoint.Wants(published.Name)))
        {
            var delivery = Delivery.Of(published, endpoint.Id, endpoint.IsPaused);
            if (await session.LoadAsync<Delivery>(delivery.Id, ct) is null)
            {
                session.Store(delivery);
                if (!endpoint.IsPaused)
                {
                    await bus.Send(delivery);
                }
            }
        }
    }
}
