using System.Diagnostics;

namespace Monolith.EventStore;

/// <summary>How many statements of appends may be on their way at a time. Not safe for concurrent use: <see cref="AppendCoalescer"/> asks under its lock.</summary>
internal sealed class AppendLanes(int count)
{
    private readonly List<Flight> flights = new(count);

    public bool IsFree => flights.Count < count;

    /// <summary>Takes a lane.</summary>
    /// <param name="mayWait">Whether the server bounds no wait for a lock on the way, so that the lane may have to be given back before the end.</param>
    public Flight Take(bool mayWait)
    {
        var flight = new Flight(mayWait ? Stopwatch.GetTimestamp() : null);
        flights.Add(flight);
        return flight;
    }

    /// <summary>Gives a lane back, unless it was already.</summary>
    public void GiveBack(Flight? flight)
    {
        if (flight is not null)
        {
            flights.Remove(flight);
        }
    }

    /// <summary>Gives back the lanes of those who may wait and have been on their way for so long.</summary>
    public void GiveBackOverdue(TimeSpan longest) =>
        flights.RemoveAll(flight => flight.Since is { } since && Stopwatch.GetElapsedTime(since) >= longest);

    /// <summary>A statement on its way in a lane.</summary>
    internal sealed class Flight(long? since)
    {
        public long? Since => since;
    }
}
