using Monolith.EventSourcing;

namespace Monolith.Webhooks.Domain;

// Stored for ever: a field may be added with a default, never renamed and never removed.

/// <summary>Somebody wants to be told.</summary>
[EventType("endpoint.registered")]
public sealed record EndpointRegistered(string Url, IReadOnlyList<string> Events, ProtectedSecret Secret);

/// <summary>Nothing is delivered until it is resumed.</summary>
[EventType("endpoint.paused")]
public sealed record EndpointPaused(string Reason, bool ByItself);

/// <summary>What waited is delivered now, and what comes.</summary>
[EventType("endpoint.resumed")]
public sealed record EndpointResumed;

/// <summary>What is sent is signed with another secret now, and for a while with the former too.</summary>
[EventType("endpoint.secret_rotated")]
public sealed record EndpointSecretRotated(ProtectedSecret Secret, DateTimeOffset FormerUntil);

/// <summary>Nobody is to be told any more. Nothing follows.</summary>
[EventType("endpoint.removed")]
public sealed record EndpointRemoved;

/// <summary>What an endpoint remembers of its events.</summary>
/// <param name="Status">Where it is in its life.</param>
/// <param name="Url">Where to deliver.</param>
/// <param name="Secret">What signs.</param>
/// <param name="Former">What signed before; null when nothing did, or it is over.</param>
/// <param name="FormerUntil">Until when the former signs too.</param>
public sealed record EndpointState(EndpointStatus Status, string Url, ProtectedSecret Secret, ProtectedSecret? Former, DateTimeOffset FormerUntil) : IState<EndpointState>
{
    /// <inheritdoc/>
    public static EndpointState Initial { get; } = new(EndpointStatus.None, "", ProtectedSecret.None, Former: null, DateTimeOffset.MinValue);

    /// <inheritdoc/>
    public EndpointState Apply(object @event) => @event switch
    {
        EndpointRegistered e => new(EndpointStatus.Active, e.Url, e.Secret, Former: null, DateTimeOffset.MinValue),
        EndpointPaused => this with { Status = EndpointStatus.Paused },
        EndpointResumed => this with { Status = EndpointStatus.Active },
        EndpointSecretRotated e => this with { Secret = e.Secret, Former = Secret, FormerUntil = e.FormerUntil },
        EndpointRemoved => this with { Status = EndpointStatus.Removed, Secret = ProtectedSecret.None, Former = null },
        _ => throw new UnknownEventException(@event),
    };

    /// <summary>The secrets that sign at a time, the newest first.</summary>
    public IReadOnlyList<ProtectedSecret> SecretsAt(DateTimeOffset time) => Former is { } former && time < FormerUntil ? [Secret, former] : [Secret];
}

/// <summary>Where an endpoint is in its life.</summary>
public enum EndpointStatus
{
    /// <summary>Not registered yet.</summary>
    None,

    /// <summary>Is told.</summary>
    Active,

    /// <summary>Is told when it is resumed.</summary>
    Paused,

    /// <summary>Gone for good.</summary>
    Removed,
}

/// <summary>Somebody outside who is told by HTTP what happens.</summary>
/// <param name="id">The endpoint's id, chosen by whoever registers it.</param>
[AggregateType("endpoint")]
public sealed class Endpoint(Guid id) : Aggregate<EndpointState>(id)
{
    /// <summary>Begins to tell.</summary>
    /// <param name="url">Where to deliver.</param>
    /// <param name="events">The names of the events, <c>users.*</c> for all of a module, <c>*</c> for all.</param>
    /// <param name="secret">What signs.</param>
    public void Register(string url, IReadOnlyList<string> events, ProtectedSecret secret)
    {
        Require(State.Status == EndpointStatus.None, Refusals.AlreadyRegistered);
        Raise(new EndpointRegistered(url, events, secret));
    }

    /// <summary>Keeps what is to be told until it is resumed. To pause a paused endpoint changes nothing.</summary>
    public void Pause(string reason, bool byItself = false)
    {
        RequireAlive();
        if (State.Status == EndpointStatus.Active)
        {
            Raise(new EndpointPaused(reason, byItself));
        }
    }

    /// <summary>Tells again, first what was kept. To resume an active endpoint changes nothing.</summary>
    public void Resume()
    {
        RequireAlive();
        if (State.Status == EndpointStatus.Paused)
        {
            Raise(new EndpointResumed());
        }
    }

    /// <summary>Signs with another secret, and until a time with the present one too.</summary>
    public void RotateSecret(ProtectedSecret secret, DateTimeOffset formerUntil)
    {
        RequireAlive();
        Raise(new EndpointSecretRotated(secret, formerUntil));
    }

    /// <summary>Tells no more.</summary>
    public void Remove()
    {
        RequireAlive();
        Raise(new EndpointRemoved());
    }

    private void RequireAlive()
    {
        Require(State.Status != EndpointStatus.None, Refusals.NotRegistered);
        Require(State.Status != EndpointStatus.Removed, Refusals.Removed);
    }

    private static class Refusals
    {
        public static readonly Rejection AlreadyRegistered = new("endpoint_exists", "This endpoint is already registered.");
        public static readonly Rejection NotRegistered = new("endpoint_not_registered", "This endpoint was never registered.");
        public static readonly Rejection Removed = new("endpoint_removed", "This endpoint is removed.");
    }
}
