using Monolith.EventSourcing;

namespace Monolith.EventStore;

/// <summary>
/// PostgreSQL could not do its work: it is gone, full, read-only, or out of connections. A transient one may be repeated with the same event
/// ids, even when it is not known whether the append was stored.
/// </summary>
public sealed class EventStoreUnavailableException(string code, string message, bool isTransient, Exception innerException)
    : EventSourcingException(code, message, innerException)
{
    /// <summary>The connection broke or could not be made.</summary>
    public const string ConnectionLost = "connection_lost";

    /// <summary>The database chose this transaction to lose a deadlock or a serialization conflict.</summary>
    public const string TransactionAborted = "transaction_aborted";

    /// <summary>The statement took longer than it may.</summary>
    public const string TimedOut = "timed_out";

    /// <summary>The server has no connection left.</summary>
    public const string TooManyConnections = "too_many_connections";

    /// <summary>The server's disk or memory is full.</summary>
    public const string ServerFull = "server_full";

    /// <summary>The server takes no writes: a standby, or switched to read-only.</summary>
    public const string ReadOnly = "read_only";

    /// <summary>The server is starting up or shutting down.</summary>
    public const string ServerRestarting = "server_restarting";

    /// <inheritdoc />
    public override bool IsTransient { get; } = isTransient;
}
