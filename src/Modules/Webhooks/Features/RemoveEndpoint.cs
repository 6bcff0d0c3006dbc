using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.EventSourcing;
using Monolith.Hosting;
using Wolverine;
using Endpoint = Monolith.Webhooks.Domain.Endpoint;

namespace Monolith.Webhooks.Features;

/// <summary>Tells an endpoint no more. What is on its way to it is dropped.</summary>
/// <param name="EndpointId">The endpoint.</param>
/// <param name="RequiredVersion">The only version of the endpoint to act on; null for whatever is there.</param>
public sealed record RemoveEndpoint(Guid EndpointId, long? RequiredVersion);

internal static class RemoveEndpointRoute
{
    internal static void MapRemoveEndpoint(this RouteGroupBuilder routes) => routes
        .MapDelete("/endpoints/{id:guid}", async (Guid id, IfMatch ifMatch, IMessageBus bus, CancellationToken ct) =>
            Reply.Deleted(await bus.InvokeAsync<Saved>(new RemoveEndpoint(id, ifMatch.Version), ct)))
        .WithSummary("Removes an endpoint for good")
        .Rejects("endpoint_removed");
}

/// <summary>Handles <see cref="RemoveEndpoint"/>.</summary>
public static class RemoveEndpointHandler
{
    /// <summary>Decides and stores.</summary>
    public static Task<Saved> Handle(RemoveEndpoint command, AggregateRepository<Endpoint> endpoints, CancellationToken ct) =>
        endpoints.Update(command.EndpointId, endpoint => endpoint.Remove(), command.RequiredVersion, ct);
}
