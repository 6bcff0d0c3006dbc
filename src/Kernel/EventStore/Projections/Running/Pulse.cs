using Monolith.EventSourcing;

namespace Monolith.EventStore.Projections;

/// <summary>The signs of life of a worker, for whoever watches over it. Written by the worker, read by others.</summary>
internal sealed class Pulse
{
    private long steps;
    private EventEnvelope? inside;

    /// <summary>Rises with everything that comes to an end, well or badly: a read, a batch, an event delivered, an attempt that failed.</summary>
    public long Steps => Interlocked.Read(ref steps);

    /// <summary>The event that the projection's own code has been given and has not come back from; null while nothing of that is running.</summary>
    public EventEnvelope? In => Volatile.Read(ref inside);

    public void Step() => Interlocked.Increment(ref steps);

    public void Enter(EventEnvelope envelope) => Volatile.Write(ref inside, envelope);

    public void Leave() => Volatile.Write(ref inside, null);
}
