namespace Monolith.EventSourcing;

/// <summary>The family of errors that callers are meant to tell apart. Anything else is a bug.</summary>
public abstract class EventSourcingException : Exception
{
    /// <summary>An error with its stable code.</summary>
    protected EventSourcingException(string code, string message, Exception? innerException = null)
        : base(message, innerException) => Code = code;

    /// <summary>A stable name in lower_snake_case, for programs.</summary>
    public string Code { get; }

    /// <summary>Whether the very same call may succeed later. Appends are safe to repeat with the same event ids.</summary>
    public virtual bool IsTransient => false;
}
