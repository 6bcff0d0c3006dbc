using Marten;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.Hosting;
using Monolith.ModuleName.ReadModels;
using Wolverine;

namespace Monolith.ModuleName.Features;

/// <summary>One at a glance: within moments of the last change.</summary>
/// <param name="AggregateNameId">Which one.</param>
public sealed record GetAggregateName(Guid AggregateNameId);

internal static class GetAggregateNameRoute
{
    internal static void MapGetAggregateName(this RouteGroupBuilder routes) => routes
        .MapGet("/{id:guid}", async (Guid id, IMessageBus bus, CancellationToken ct) =>
        {
            var found = await bus.InvokeAsync<AggregateNameSummary?>(new GetAggregateName(id), ct);
            return Reply.View(found, found?.Version);
        })
        .ReadsFrom<AggregateNameSummaries>()
        .WithSummary("Shows one at a glance");
}

/// <summary>Handles <see cref="GetAggregateName"/>.</summary>
public static class GetAggregateNameHandler
{
    /// <summary>The one, or null.</summary>
    public static Task<AggregateNameSummary?> Handle(GetAggregateName query, IQuerySession session, CancellationToken ct) =>
        session.LoadAsync<AggregateNameSummary>(query.AggregateNameId, ct);
}
