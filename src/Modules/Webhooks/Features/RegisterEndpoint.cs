using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.EventSourcing;
using Monolith.Hosting;
using Monolith.Webhooks.Delivering;
using Wolverine;
using Endpoint = Monolith.Webhooks.Domain.Endpoint;

namespace Monolith.Webhooks.Features;

/// <summary>Registers an endpoint, which is told what happens from then on.</summary>
/// <param name="EndpointId">The new endpoint's id, so that a repeat registers no second one.</param>
/// <param name="Url">Where to deliver.</param>
/// <param name="Events">The names of the events, <c>users.*</c> for all of a module, <c>*</c> for all.</param>
public sealed record RegisterEndpoint(Guid EndpointId, string Url, IReadOnlyList<string> Events);

/// <summary>What makes the command valid.</summary>
public sealed class RegisterEndpointValidator : AbstractValidator<RegisterEndpoint>
{
    private const int MaxEvents = 50;

    /// <summary>The rules.</summary>
    public RegisterEndpointValidator(TargetRules targets, IntegrationEventNames names)
    {
        ArgumentNullException.ThrowIfNull(targets);
        ArgumentNullException.ThrowIfNull(names);
        RuleFor(command => command.Url).Custom((url, context) =>
        {
            if (targets.WhyRefused(url) is { } reason)
            {
                context.AddFailure(reason);
            }
        });
        RuleFor(command => command.Events).Must(events => events is { Count: >= 1 and <= MaxEvents }).WithMessage("Name 1 to 50 events.");
        RuleForEach(command => command.Events)
            .Must(name => name == "*" || names.Contains(name) || names.All.Any(known => known.Split('.')[0] + ".*" == name))
            .WithMessage("There is no such event. Name one, such as users.user_registered, or users.* for all of a module, or * for all.");
    }
}

/// <summary>What the registration of an endpoint, or the rotation of its secret, answers.</summary>
/// <param name="Id">The endpoint.</param>
/// <param name="Version">Its version.</param>
/// <param name="Position">The position of what was stored.</param>
/// <param name="Secret">What signs from now on. It is shown this once and never again.</param>
public sealed record EndpointSecret(Guid Id, long Version, long Position, string Secret)
{
    internal static EndpointSecret Example { get; } = new(Guid.Parse("019a20c1-5d1e-7f40-a1b2-c3d4e5f60718"), 1, 42, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");

    internal Saved Saved => new(Id, Version, Position);

    // What is stored is shown, and not what was made just now: a request that is sent again stores nothing a second time.
    internal static async Task<EndpointSecret> Of(Saved saved, AggregateRepository<Endpoint> endpoints, EndpointSecrets secrets, CancellationToken ct)
    {
        var stored = await endpoints.Load(saved.Id, AsOf.Version(saved.Version), ct);
        return new(saved.Id, saved.Version, saved.Position, secrets.InClear(stored.State.Secret));
    }
}

internal static class RegisterEndpointRoute
{
    internal sealed record Body(string Url, IReadOnlyList<string> Events);

    internal static void MapRegisterEndpoint(this RouteGroupBuilder routes) => routes
        .MapPost("/endpoints", async (Body body, IMessageBus bus, CancellationToken ct) =>
        {
            var registered = await bus.InvokeAsync<EndpointSecret>(new RegisterEndpoint(Guid.CreateVersion7(), body.Url, body.Events), ct);
            return Reply.Created(registered.Saved, $"/api/webhooks/endpoints/{registered.Id}", registered);
        })
        .WithSummary("Registers an endpoint")
        .WithDescription("Deliveries follow Standard Webhooks. The answer holds the secret that signs them, this once.")
        .WithExample(new Body("https://example.com/hooks", ["users.user_registered", "accounts.*"]))
        .WithAnswer(EndpointSecret.Example, StatusCodes.Status201Created);
}

/// <summary>Handles <see cref="RegisterEndpoint"/>.</summary>
public static class RegisterEndpointHandler
{
    /// <summary>Stores the new endpoint.</summary>
    public static async Task<EndpointSecret> Handle(RegisterEndpoint command, AggregateRepository<Endpoint> endpoints, EndpointSecrets secrets, CancellationToken ct)
    {
        var endpoint = new Endpoint(command.EndpointId);
        endpoint.Register(command.Url, [.. command.Events.Distinct(StringComparer.Ordinal)], secrets.Create());
        return await EndpointSecret.Of(await endpoints.Save(endpoint, ct), endpoints, secrets, ct);
    }
}
