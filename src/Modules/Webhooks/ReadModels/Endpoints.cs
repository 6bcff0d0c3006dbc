using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Monolith.Webhooks.Domain;

namespace Monolith.Webhooks.ReadModels;

/// <summary>An endpoint that is not removed, as documents keep it. It has no secret.</summary>
/// <param name="Id">The endpoint.</param>
/// <param name="Version">The version of the endpoint that this shows.</param>
/// <param name="Url">Where is delivered.</param>
/// <param name="Events">What is told: names, <c>users.*</c> for all of a module, <c>*</c> for all.</param>
/// <param name="IsPaused">Whether what is to be told is kept back.</param>
/// <param name="PausedBecause">Why it is paused; null when it is not.</param>
/// <param name="Since">The position in the feed behind which it is told.</param>
public sealed record EndpointView(Guid Id, long Version, string Url, IReadOnlyList<string> Events, bool IsPaused, string? PausedBecause, long Since)
{
    internal static EndpointView Example { get; } = new(
        Guid.Parse("019a20c1-5d1e-7f40-a1b2-c3d4e5f60718"), 1, "https://example.com/hooks", ["users.user_registered", "accounts.*"], IsPaused: false, PausedBecause: null, Since: 42);

    /// <summary>Whether it is to be told an event of this name.</summary>
    public bool Wants(string name) => Events.Any(pattern =>
        pattern == name || pattern == "*" || (pattern.EndsWith(".*", StringComparison.Ordinal) && name.StartsWith(pattern[..^1], StringComparison.Ordinal)));
}

/// <summary>Keeps one <see cref="EndpointView"/> for each endpoint that is not removed.</summary>
public sealed class Endpoints : DocumentProjection<EndpointView>
{
    /// <summary>Its name.</summary>
    public const string Id = "webhooks.endpoints";

    /// <summary>The projection <c>webhooks.endpoints</c>.</summary>
    public Endpoints() : base(Id, version: 1) => Reads<Endpoint>();

    /// <inheritdoc/>
    public override EndpointView? Apply(EndpointView? view, EventEnvelope envelope)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        return Fold(view, envelope) is { } next ? next with { Version = envelope.Version } : null;
    }

    private static EndpointView? Fold(EndpointView? view, EventEnvelope envelope) => envelope.Event switch
    {
        EndpointRegistered e => new(envelope.AggregateId, envelope.Version, e.Url, e.Events, IsPaused: false, PausedBecause: null, envelope.Position),
        EndpointPaused e => view! with { IsPaused = true, PausedBecause = e.Reason },
        EndpointResumed => view! with { IsPaused = false, PausedBecause = null },
        EndpointRemoved => null,
        _ => view,
    };
}
