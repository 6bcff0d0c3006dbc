using System.Globalization;
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

/// <summary>A read model cannot be rebuilt in part: its rows cannot be told apart, or they are not this process's to make. Rebuild the whole of it.</summary>
public sealed class RebuildRefusedException(string projection, string reason)
    : EventSourcingException("rebuild_refused", $"The projection '{projection}' cannot be rebuilt in part: {reason}.")
{
    /// <summary>The projection.</summary>
    public string Projection { get; } = projection;
}

/// <summary>A read model cannot be compared with its events by this process: it keeps no rows, or they are of another version.</summary>
public sealed class VerificationRefusedException(string projection, string reason)
    : EventSourcingException("verification_refused", $"The projection '{projection}' cannot be verified: {reason}.")
{
    /// <summary>The projection.</summary>
    public string Projection { get; } = projection;
}

/// <summary>What a verification had replayed was of no use, time and again: tenants came, went or moved, or parked events were retried. Ask again when that is over.</summary>
public sealed class VerificationDisturbedException(string projection)
    : EventSourcingException("verification_disturbed", $"The verification of '{projection}' was disturbed by tenants that moved, or by parked events that were retried.")
{
    /// <summary>The projection.</summary>
    public string Projection { get; } = projection;

    /// <inheritdoc />
    public override bool IsTransient => true;
}

/// <summary>There is not enough disk for a rebuild, which needs about what the live rows take until it takes their place. Nothing has begun.</summary>
public sealed class RebuildDiskException(string projection, long needed, long available, string where)
    : EventSourcingException(
        "rebuild_disk_short",
        string.Create(CultureInfo.InvariantCulture, $"The rebuild of '{projection}' needs about {needed:n0} bytes of disk, and {where} {available:n0}."))
{
    /// <summary>The projection.</summary>
    public string Projection { get; } = projection;

    /// <summary>What it needs, in bytes.</summary>
    public long Needed { get; } = needed;

    /// <summary>What there is for it, in bytes.</summary>
    public long Available { get; } = available;
}

/// <summary>The projection is being rebuilt already. Wait for that rebuild, or cancel it.</summary>
public sealed class RebuildRunningException(string projection)
    : EventSourcingException("rebuild_running", $"The projection '{projection}' is being rebuilt already.")
{
    /// <summary>The projection.</summary>
    public string Projection { get; } = projection;
}
