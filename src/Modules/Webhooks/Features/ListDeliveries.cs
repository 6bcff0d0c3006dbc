using FluentValidation;
using Marten;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Monolith.Hosting;
using Monolith.Webhooks.Delivering;
using Wolverine;

namespace Monolith.Webhooks.Features;

/// <summary>The delivery log of an endpoint, newest first, a page at a time.</summary>
/// <param name="EndpointId">The endpoint.</param>
/// <param name="Status">Only deliveries that stand like this; null for all.</param>
/// <param name="Before">Only what happened before this; null to begin with the newest.</param>
/// <param name="BeforeId">Of what happened at that very moment only what stands behind this delivery; null for none of it.</param>
/// <param name="PageSize">How many deliveries at the most.</param>
public sealed record ListDeliveries(Guid EndpointId, DeliveryStatus? Status, DateTimeOffset? Before, Guid? BeforeId, int PageSize);

/// <summary>What makes the query valid.</summary>
public sealed class ListDeliveriesValidator : AbstractValidator<ListDeliveries>
{
    /// <summary>The most deliveries on a page.</summary>
    public const int MaxPageSize = 100;

    /// <summary>The rules.</summary>
    public ListDeliveriesValidator()
    {
        RuleFor(query => query.PageSize).InclusiveBetween(1, MaxPageSize).WithMessage("A page has 1 to 100 deliveries.");
        RuleFor(query => query.Status).IsInEnum().WithMessage("A status is one of waiting, held, delivered, parked.");
        RuleFor(query => query.BeforeId).Must((query, id) => id is null || query.Before is not null).WithMessage("A delivery to begin behind goes with its time, `before`.");
    }
}

/// <summary>A page of the delivery log.</summary>
/// <param name="Items">The deliveries, newest first.</param>
public sealed record DeliveryPage(IReadOnlyList<Delivery> Items)
{
    /// <summary>Where the older ones are; null when there are none.</summary>
    public string? Next { get; init; }
}

internal static class ListDeliveriesRoute
{
    private const int DefaultPageSize = 50;

    internal static void MapListDeliveries(this RouteGroupBuilder routes) => routes
        .MapGet("/endpoints/{id:guid}/deliveries", async (
            Guid id, DeliveryStatus? status, DateTimeOffset? before, Guid? beforeId, int? pageSize, IMessageBus bus, CancellationToken ct) =>
            Reply.View(await bus.InvokeAsync<DeliveryPage>(new ListDeliveries(id, status, before, beforeId, pageSize ?? DefaultPageSize), ct)))
        .WithSummary("Shows what was delivered to an endpoint, what waits, and what was given up")
        .WithDescription("Newest first, a page at a time; `next` leads to the older ones. Each shows its attempts and what was sent.")
        .WithAnswer(new DeliveryPage(
        [
            new(
                Guid.Parse("019a20c2-0a0b-7c0d-8e0f-101112131415"), Guid.Parse("019a20c1-5d1e-7f40-a1b2-c3d4e5f60718"), Delivery.Ping,
                OccurredAt: new(2026, 1, 2, 9, 30, 0, TimeSpan.Zero), Position: 0, DeliveryBody.OfPing(new(2026, 1, 2, 9, 30, 0, TimeSpan.Zero)), DeliveryStatus.Delivered, Round: 0, Attempts: 1, NextAttemptAt: null,
                Log: [new(At: new(2026, 1, 2, 9, 30, 0, TimeSpan.Zero), Succeeded: true, StatusCode: 204, Error: null, Milliseconds: 31)]),
        ]));
}

/// <summary>Handles <see cref="ListDeliveries"/>.</summary>
public static class ListDeliveriesHandler
{
    /// <summary>A page.</summary>
    public static async Task<DeliveryPage> Handle(ListDeliveries query, IQuerySession session, CancellationToken ct)
    {
        var deliveries = session.Query<Delivery>().Where(delivery => delivery.EndpointId == query.EndpointId);
        if (query.Status is { } status)
        {
            deliveries = deliveries.Where(delivery => delivery.Status == status);
        }

        if (query.Before is { } before)
        {
            deliveries = query.BeforeId is { } id
                ? deliveries.Where(delivery => delivery.OccurredAt <= before && (delivery.OccurredAt < before || delivery.Id.CompareTo(id) < 0))
                : deliveries.Where(delivery => delivery.OccurredAt < before);
        }

        var found = await deliveries.OrderByDescending(delivery => delivery.OccurredAt).ThenByDescending(delivery => delivery.Id).Take(query.PageSize + 1).ToListAsync(ct);
        var page = found.Take(query.PageSize).ToList();
        return new(page)
        {
            Next = found.Count > page.Count ? Link(query, page[^1]) : null,
        };
    }

    private static string Link(ListDeliveries query, Delivery last) => QueryHelpers.AddQueryString($"/api/webhooks/endpoints/{query.EndpointId}/deliveries", new Dictionary<string, string?>
    {
        ["status"] = query.Status?.ToString(),
        ["before"] = $"{last.OccurredAt:O}",
        ["beforeId"] = $"{last.Id}",
        ["pageSize"] = $"{query.PageSize}",
    });
}
