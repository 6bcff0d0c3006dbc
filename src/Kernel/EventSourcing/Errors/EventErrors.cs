namespace Monolith.EventSourcing;

/// <summary>A state was given an event that is not one of its aggregate's: a bug in the code that raised or stored it.</summary>
public sealed class UnknownEventException(object @event)
    : EventSourcingException("unknown_event", $"No fold for an event of type {@event?.GetType().FullName ?? "null"}.")
{
    /// <summary>The CLR type of the event.</summary>
    public Type? EventClrType { get; } = @event?.GetType();
}

/// <summary>The store holds an event whose stored name no registered type declares. Register the type, or an alias of it.</summary>
public sealed class UnknownEventTypeException(string eventType, StreamId stream, long version)
    : EventSourcingException("unknown_event_type", $"{stream} has at version {version} an event of the unknown type '{eventType}'.")
{
    /// <summary>The stored name.</summary>
    public string EventType { get; } = eventType;

    /// <summary>The stream that holds it.</summary>
    public StreamId Stream { get; } = stream;

    /// <summary>Its version in that stream.</summary>
    public long Version { get; } = version;
}

/// <summary>A stored event cannot be read as its type: it was changed behind the store's back, or the type changed without an upcaster.</summary>
public sealed class UnreadableEventException(string eventType, StreamId stream, long version, Exception innerException)
    : EventSourcingException("unreadable_event", $"{stream} has at version {version} an event of type '{eventType}' that cannot be read: {innerException?.Message}", innerException)
{
    /// <summary>The stored name.</summary>
    public string EventType { get; } = eventType;

    /// <summary>The stream that holds it.</summary>
    public StreamId Stream { get; } = stream;

    /// <summary>Its version in that stream.</summary>
    public long Version { get; } = version;
}

/// <summary>An event cannot be stored as it is: too large, or holding text that PostgreSQL cannot keep. Nothing was stored.</summary>
public sealed class UnstorableEventException(string code, string message, Exception? innerException = null)
    : EventSourcingException(code, message, innerException)
{
    /// <summary>The code of an event, a batch or metadata over its size limit.</summary>
    public const string TooLarge = "event_too_large";

    /// <summary>The code of text that holds the character NUL, which PostgreSQL does not store.</summary>
    public const string InvalidText = "invalid_text";
}

/// <summary>The declared types do not fit together: a double name, an unregistered event, a gap in upcasters. Raised at start, never later.</summary>
public sealed class InvalidModelException(string message, Exception? innerException = null)
    : EventSourcingException("invalid_model", message, innerException);
