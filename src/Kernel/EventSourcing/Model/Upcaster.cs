using System.Text.Json.Nodes;

namespace Monolith.EventSourcing;

/// <summary>
/// Turns the stored JSON of one version of an event into that of the next: into one event, several, or none. What is stored stays as it is;
/// the change is made each time it is read. A class with a parameterless constructor is found by itself in a module's assembly.
/// </summary>
/// <param name="eventType">The stored name of the event that it reads.</param>
/// <param name="version">The version that it reads.</param>
public abstract class Upcaster(string eventType, short version)
{
    /// <summary>The stored name of the event that it reads.</summary>
    public string EventType { get; } = eventType;

    /// <summary>The version that it reads.</summary>
    public short Version { get; } = version;

    /// <summary>The newer form. Each result may again have an upcaster of its own.</summary>
    public abstract IEnumerable<Upcast> Up(JsonObject data);

    /// <summary>The same event in the next version.</summary>
    protected Upcast Next(JsonObject data) => new(EventType, (short)(Version + 1), data);
}

/// <summary>One event that an upcaster made.</summary>
/// <param name="EventType">The stored name of its type.</param>
/// <param name="Version">The version of its shape. Together with the name it must lead away from what was read: a circle makes the event unreadable.</param>
/// <param name="Data">Its JSON.</param>
public sealed record Upcast(string EventType, short Version, JsonObject Data);
