using FluentValidation;
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

/// <summary>Delivers something again, with the same id.</summary>
/// <param name="EndpointId">The endpoint.</param>
/// <param name="DeliveryId">One delivery; null for those of a period.</param>
/// <param name="From">The beginning of the period.</param>
/// <param name="To">Its end.</param>
/// <param name="After">Of what happened in the first moment only what stands behind this delivery; null for all of it.</param>
public sealed record ReplayDeliveries(Guid EndpointId, Guid? DeliveryId, DateTimeOffset? From, DateTimeOffset? To, Guid? After);

/// <summary>What makes the command valid.</summary>
public sealed class ReplayDeliveriesValidator : AbstractValidator<ReplayDeliveries>
{
    /// <summary>The rules.</summary>
    public ReplayDeliveriesValidator() =>
        RuleFor(command => command.To).Must((command, to) => command.DeliveryId is not null || (to is not null && command.From <= to))
            .WithMessage("A period has a beginning and an end that is not before it.");
}

/// <summary>What is delivered again.</summary>
/// <param name="Deliveries">How many.</param>
/// <param name="NextFrom">When the rest of the period begins; null when that was all.</param>
/// <param name="NextAfter">Behind which delivery of that moment; null when that was all.</param>
public sealed record Replayed(int Deliveries, DateTimeOffset? NextFrom, Guid? NextAfter);

internal static class ReplayDeliveriesRoutes
{
    internal sealed record Body(DateTimeOffset From, DateTimeOffset To, Guid? After = null);

    internal static void MapReplayDeliveries(this RouteGroupBuilder routes)
    {
        routes.MapPost("/endpoints/{id:guid}/deliveries/{delivery:guid}/replay", async (Guid id, Guid delivery, IMessageBus bus, CancellationToken ct) =>
                Reply.View(await bus.InvokeAsync<Replayed?>(new ReplayDeliveries(id, delivery, From: null, To: null, After: null), ct)))
            .WithSummary("Delivers one event again, with the same id")
            .WithAnswer(new Replayed(1, NextFrom: null, NextAfter: null));
        routes.MapPost("/endpoints/{id:guid}/replays", async (Guid id, Body body, IMessageBus bus, CancellationToken ct) =>
                Reply.View(await bus.InvokeAsync<Replayed?>(new ReplayDeliveries(id, DeliveryId: null, body.From, body.To, body.After), ct)))
            .WithSummary("Delivers again what happened in a period, with the same ids")
            .WithDescription("Up to 500 at a time; with `nextFrom` as `from` and `nextAfter` as `after` it goes on.")
            .WithExample(new Body(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), new(2026, 1, 2, 0, 0, 0, TimeSpan.Zero)))
            .WithAnswer(new Replayed(500, NextFrom: new DateTimeOffset(2026, 1, 1, 18, 0, 0, TimeSpan.Zero), Guid.Parse("019a20c2-0a0b-7c0d-8e0f-101112131415")));
    }
}

/// <summary>Handles <see cref="ReplayDeliveries"/>.</summary>
public static class ReplayDeliveriesHandler
{
    private const int AtOnce = 500;

    /// <summary>Begins to deliver them; null when there is no such endpoint or delivery.</summary>
    public static async Task<Replayed?> Handle(
        ReplayDeliveries command, IDocumentSession session, AggregateRepository<Endpoint> endpoints, IMessageContext bus, CancellationToken ct)
    {
        if (await endpoints.Find(command.EndpointId, ct: ct) is not { State.Status: EndpointStatus.Active or EndpointStatus.Paused })
        {
            return null;
        }

        var found = await Asked(session, command, ct);
        var page = found.Take(AtOnce).ToList();
        foreach (var again in page.OrderBy(delivery => delivery.OccurredAt).ThenBy(delivery => delivery.Position).Select(delivery => delivery.Again()))
        {
            session.Store(again);
            await bus.Send(again);
        }

        return page.Count == 0 && command.DeliveryId is not null ? null
            : found.Count > page.Count ? new(page.Count, page[^1].OccurredAt, page[^1].Id)
            : new(page.Count, NextFrom: null, NextAfter: null);
    }

    internal static Task<IReadOnlyList<Delivery>> Asked(IQuerySession session, ReplayDeliveries command, CancellationToken ct)
    {
        var (from, to) = (command.From.GetValueOrDefault(), command.To.GetValueOrDefault());
        var deliveries = session.Query<Delivery>().Where(delivery => delivery.EndpointId == command.EndpointId);
        deliveries = command switch
        {
            { DeliveryId: { } id } => deliveries.Where(delivery => delivery.Id == id),
            { After: { } after } => deliveries.Where(delivery =>
                delivery.OccurredAt >= from && delivery.OccurredAt <= to && (delivery.OccurredAt > from || delivery.Id.CompareTo(after) > 0)),
            _ => deliveries.Where(delivery => delivery.OccurredAt >= from && delivery.OccurredAt <= to),
        };
        return deliveries.OrderBy(delivery => delivery.OccurredAt).ThenBy(delivery => delivery.Id).Take(AtOnce + 1).ToListAsync(ct);
    }
}
