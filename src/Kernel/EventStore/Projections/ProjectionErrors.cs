using Monolith.EventSourcing;

namespace Monolith.EventStore.Projections;

/// <summary>A projection could not take an event. The event is retried, and parked with the later ones of its aggregate if that does not help.</summary>
public sealed class ProjectionFailedException(string projection, EventEnvelope envelope, Exception innerException)
    : EventSourcingException(
        "projection_failed",
        $"The projection '{projection}' could not take '{envelope?.EventType}' at position {envelope?.Position}: {innerException?.Message}",
        innerException)
{
    /// <summary>The projection.</summary>
    public string Projection { get; } = projection;

    /// <summary>The event.</summary>
    public EventEnvelope Envelope { get; } = envelope ?? throw new ArgumentNullException(nameof(envelope));
}

/// <summary>A projection has not passed the position asked for within the time given. Nothing is wrong with it by that: wait longer, or read what is there.</summary>
public sealed class ReadModelBehindException(string projection, long position, TimeSpan waited)
    : EventSourcingException("read_model_behind", $"The projection '{projection}' has not passed position {position} within {waited.TotalMilliseconds:0} ms.")
{
    /// <summary>The projection.</summary>
    public string Projection { get; } = projection;

    /// <summary>The position waited for.</summary>
    public long Position { get; } = position;

    /// <summary>How long was waited.</summary>
    public TimeSpan Waited { get; } = waited;

    /// <inheritdoc />
    public override bool IsTransient => true;
}

/// <summary>No projection of this name is registered in this host.</summary>
public sealed class UnknownProjectionException(string projection)
    : EventSourcingException("unknown_projection", $"There is no projection '{projection}'.")
{
    /// <summary>The name asked for.</summary>
    public string Projection { get; } = projection;
}

/// <summary>The projection is being rebuilt already. Wait for that rebuild, or cancel it.</summary>
public sealed class RebuildRunningException(string projection)
    : EventSourcingException("rebuild_running", $"The projection '{projection}' is being rebuilt already.")
{
    /// <summary>The projection.</summary>
    public string Projection { get; } = projection;
}
