namespace Monolith.EventSourcing;

/// <summary>
/// The stream was not at the expected version; nothing was written. Load again and decide again: repeating the same append conflicts again.
/// </summary>
public sealed class ConcurrencyException(StreamId stream, ExpectedVersion expected, long actual, Exception? innerException = null)
    : EventSourcingException("concurrency_conflict", $"{stream} is at version {actual}, expected {expected}.", innerException)
{
    /// <summary>The stream.</summary>
    public StreamId Stream { get; } = stream;

    /// <summary>What the writer expected.</summary>
    public ExpectedVersion Expected { get; } = expected;

    /// <summary>The version the stream is at; 0 when it does not exist.</summary>
    public long Actual { get; } = actual;
}

/// <summary>The caller asked for a version of the aggregate that is not the current one (<c>If-Match</c>). Nothing was written.</summary>
public sealed class VersionMismatchException(StreamId stream, long required, long actual, Exception? innerException = null)
    : EventSourcingException("version_mismatch", $"{stream} is at version {actual}, the caller requires {required}.", innerException)
{
    /// <summary>The stream.</summary>
    public StreamId Stream { get; } = stream;

    /// <summary>The version that the caller requires.</summary>
    public long Required { get; } = required;

    /// <summary>The version the stream is at.</summary>
    public long Actual { get; } = actual;
}

/// <summary>There is no such aggregate in this tenant, or there was none at the version or time asked for.</summary>
public sealed class AggregateNotFoundException(StreamId stream, AsOf asOf = default)
    : EventSourcingException("not_found", asOf == default ? $"{stream} does not exist." : $"{stream} does not exist as of {asOf}.")
{
    /// <summary>The stream.</summary>
    public StreamId Stream { get; } = stream;
}
