using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.EventSourcing;
using Monolith.Hosting;
using Monolith.Webhooks.Delivering;
using Wolverine;
using Endpoint = Monolith.Webhooks.Domain.Endpoint;

namespace Monolith.Webhooks.Features;

/// <summary>Signs with another secret from now on, and for a while with the present one too.</summary>
/// <param name="EndpointId">The endpoint.</param>
/// <param name="RequiredVersion">The only version of the endpoint to act on; null for whatever is there.</param>
public sealed record RotateSecret(Guid EndpointId, long? RequiredVersion);

internal static class RotateSecretRoute
{
    internal static void MapRotateSecret(this RouteGroupBuilder routes) => routes
        .MapPost("/endpoints/{id:guid}/secret", async (Guid id, IfMatch ifMatch, IMessageBus bus, CancellationToken ct) =>
        {
            var rotated = await bus.InvokeAsync<EndpointSecret>(new RotateSecret(id, ifMatch.Version), ct);
            return Reply.Saved(rotated.Saved, rotated);
        })
        .WithSummary("Rotates the secret of an endpoint")
        .WithDescription("The answer holds the new secret, this once. For a day deliveries carry a signature of each.")
        .WithAnswer(EndpointSecret.Example with { Version = 2, Position = 43 })
        .Rejects("endpoint_removed");
}

/// <summary>Handles <see cref="RotateSecret"/>.</summary>
public static class RotateSecretHandler
{
    /// <summary>Decides and stores.</summary>
    public static async Task<EndpointSecret> Handle(
        RotateSecret command, AggregateRepository<Endpoint> endpoints, EndpointSecrets secrets, WebhookOptions options, TimeProvider time, CancellationToken ct)
    {
        var (secret, until) = (secrets.Create(), time.GetUtcNow() + options.FormerSecretFor);
        var saved = await endpoints.Update(command.EndpointId, endpoint => endpoint.RotateSecret(secret, until), command.RequiredVersion, ct);
        return await EndpointSecret.Of(saved, endpoints, secrets, ct);
    }
}
