using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.EventSourcing;
using Monolith.Hosting;
using Wolverine;
using Endpoint = Monolith.Webhooks.Domain.Endpoint;

namespace Monolith.Webhooks.Features;

/// <summary>Keeps what is to be told until the endpoint is resumed.</summary>
/// <param name="EndpointId">The endpoint.</param>
/// <param name="Reason">Why.</param>
/// <param name="RequiredVersion">The only version of the endpoint to act on; null for whatever is there.</param>
public sealed record PauseEndpoint(Guid EndpointId, string Reason, long? RequiredVersion);

/// <summary>What makes the command valid.</summary>
public sealed class PauseEndpointValidator : AbstractValidator<PauseEndpoint>
{
    /// <summary>The rules.</summary>
    public PauseEndpointValidator() =>
        RuleFor(command => command.Reason)
            .Must(reason => !string.IsNullOrWhiteSpace(reason) && reason.Length <= 500).WithMessage("A reason has 1 to 500 characters.");
}

/// <summary>Tells an endpoint again, first what was kept.</summary>
/// <param name="EndpointId">The endpoint.</param>
/// <param name="RequiredVersion">The only version of the endpoint to act on; null for whatever is there.</param>
public sealed record ResumeEndpoint(Guid EndpointId, long? RequiredVersion);

internal static class PauseEndpointRoutes
{
    internal sealed record Body(string Reason);

    internal static void MapPauseEndpoint(this RouteGroupBuilder routes)
    {
        routes.MapPost("/endpoints/{id:guid}/pause", async (Guid id, Body body, IfMatch ifMatch, IMessageBus bus, CancellationToken ct) =>
                Reply.Saved(await bus.InvokeAsync<Saved>(new PauseEndpoint(id, body.Reason, ifMatch.Version), ct)))
            .WithSummary("Keeps deliveries back until the endpoint is resumed")
            .WithDescription("To pause a paused endpoint changes nothing.")
            .WithExample(new Body("We move to another host."))
            .Rejects("endpoint_removed");
        routes.MapPost("/endpoints/{id:guid}/resume", async (Guid id, IfMatch ifMatch, IMessageBus bus, CancellationToken ct) =>
                Reply.Saved(await bus.InvokeAsync<Saved>(new ResumeEndpoint(id, ifMatch.Version), ct)))
            .WithSummary("Delivers what was kept back, and what comes")
            .WithDescription("To resume an active endpoint changes nothing.")
            .Rejects("endpoint_removed");
    }
}

/// <summary>Handles <see cref="PauseEndpoint"/>.</summary>
public static class PauseEndpointHandler
{
    /// <summary>Decides and stores.</summary>
    public static Task<Saved> Handle(PauseEndpoint command, AggregateRepository<Endpoint> endpoints, CancellationToken ct) =>
        endpoints.Update(command.EndpointId, endpoint => endpoint.Pause(command.Reason.Trim()), command.RequiredVersion, ct);
}

/// <summary>Handles <see cref="ResumeEndpoint"/>.</summary>
public static class ResumeEndpointHandler
{
    /// <summary>Decides and stores.</summary>
    public static Task<Saved> Handle(ResumeEndpoint command, AggregateRepository<Endpoint> endpoints, CancellationToken ct) =>
        endpoints.Update(command.EndpointId, endpoint => endpoint.Resume(), command.RequiredVersion, ct);
}
