using Marten;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.Hosting;
using Monolith.Webhooks.Delivering;
using Monolith.Webhooks.ReadModels;
using Wolverine;

namespace Monolith.Webhooks.Features;

/// <summary>An endpoint, without its secret.</summary>
/// <param name="EndpointId">The endpoint.</param>
public sealed record GetEndpoint(Guid EndpointId);

/// <summary>The endpoints of the tenant, oldest first, up to <see cref="ListEndpointsHandler.Most"/>.</summary>
public sealed record ListEndpoints;

/// <summary>An endpoint and how it does.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="FailingSince">The first failure since the last success; null when that was the last.</param>
public sealed record EndpointDetails(EndpointView Endpoint, DateTimeOffset? FailingSince)
{
    /// <summary>An endpoint with what its deliveries say of it.</summary>
    public static EndpointDetails Of(EndpointView endpoint, EndpointHealth? health) => new(endpoint, health?.FailingSince);
}

/// <summary>Some endpoints.</summary>
/// <param name="Items">The endpoints.</param>
public sealed record EndpointList(IReadOnlyList<EndpointView> Items);

internal static class GetEndpointRoutes
{
    internal static void MapGetEndpoint(this RouteGroupBuilder routes)
    {
        routes.MapGet("/endpoints/{id:guid}", async (Guid id, IMessageBus bus, CancellationToken ct) =>
            {
                var details = await bus.InvokeAsync<EndpointDetails?>(new GetEndpoint(id), ct);
                return Reply.View(details, details?.Endpoint.Version);
            })
            .ReadsFrom<Endpoints>()
            .WithSummary("Shows an endpoint")
            .WithAnswer(new EndpointDetails(EndpointView.Example, FailingSince: null));
        routes.MapGet("/endpoints", async (IMessageBus bus, CancellationToken ct) => Reply.View(await bus.InvokeAsync<EndpointList>(new ListEndpoints(), ct)))
            .ReadsFrom<Endpoints>()
            .WithSummary("Lists the endpoints of the tenant")
            .WithAnswer(new EndpointList([EndpointView.Example]));
    }
}

/// <summary>Handles <see cref="GetEndpoint"/>.</summary>
public static class GetEndpointHandler
{
    /// <summary>The endpoint, or null.</summary>
    public static async Task<EndpointDetails?> Handle(GetEndpoint query, IQuerySession session, CancellationToken ct) =>
        await session.LoadAsync<EndpointView>(query.EndpointId, ct) is { } endpoint
            ? EndpointDetails.Of(endpoint, await session.LoadAsync<EndpointHealth>(query.EndpointId, ct))
            : null;
}

/// <summary>Handles <see cref="ListEndpoints"/>.</summary>
public static class ListEndpointsHandler
{
    /// <summary>The most endpoints that are listed.</summary>
    public const int Most = 200;

    /// <summary>The endpoints.</summary>
    public static async Task<EndpointList> Handle(ListEndpoints query, IQuerySession session, CancellationToken ct) =>
        new([.. await session.Query<EndpointView>().OrderBy(endpoint => endpoint.Since).Take(Most).ToListAsync(ct)]);
}
