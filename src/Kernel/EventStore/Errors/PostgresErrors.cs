using System.Net.Sockets;
using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>
/// The one place where PostgreSQL's errors become the store's: by SQLSTATE and constraint name, never by message text. What is not listed is
/// a bug and flies as it is.
/// </summary>
internal static class PostgresErrors
{
    /// <summary>Somebody else stored this version of the stream first.</summary>
    public static bool IsVersionTaken(Exception error) =>
        error is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation, TableName: { } table }
        && table.StartsWith("events_", StringComparison.Ordinal);

    /// <summary>A claim is taken.</summary>
    public static bool IsClaimTaken(Exception error) =>
        error is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "claims_pkey" };

    /// <summary>Not every stream of an append to several is where its writer expects it.</summary>
    public static bool IsStreamElsewhere(Exception error) => error is PostgresException { SqlState: "ES003" };

    /// <summary>A tenant that was being dropped is gone: another host has finished.</summary>
    public static bool IsTenantNotDropped(Exception error) => error is PostgresException { SqlState: "ES010" };

    /// <summary>A table has no column that says to which tenant a row belongs.</summary>
    public static bool IsTenantColumnMissing(Exception error) => error is PostgresException { SqlState: "ES011" };

    /// <summary>A projection's checkpoint is not where the writer believes, or belongs to another host.</summary>
    public static bool IsCheckpointMoved(Exception error) => error is PostgresException { SqlState: "ES002" };

    /// <summary>The leaf does not exist (any more): the tenant moved, or its shard is new here.</summary>
    public static bool IsLeafMissing(Exception error) => error is PostgresException { SqlState: PostgresErrorCodes.UndefinedTable };

    /// <summary>The store's error for a database error; null when it has none.</summary>
    public static EventSourcingException? Map(Exception error) => error switch
    {
        PostgresException postgres => Map(postgres),
        NpgsqlException { InnerException: TimeoutException } timeout => Unavailable(EventStoreUnavailableException.TimedOut, true, timeout),
        NpgsqlException { InnerException: IOException or SocketException } lost => Unavailable(EventStoreUnavailableException.ConnectionLost, true, lost),
        NpgsqlException { IsTransient: true } lost => Unavailable(EventStoreUnavailableException.ConnectionLost, true, lost),
        _ when IsConnectionGivenUp(error) => Unavailable(EventStoreUnavailableException.ConnectionLost, true, error),
        _ => null,
    };

    /// <summary>The same call, with the store's errors for the database's.</summary>
    public static async Task<T> Translate<T>(Task<T> call)
    {
        try
        {
            return await call;
        }
        catch (Exception error) when (Map(error) is { } mapped)
        {
            throw mapped;
        }
    }

    /// <summary>The same call, with the store's errors where the role may not do it or the migration has not been run for it; others fly as they are.</summary>
    public static async Task<T> TranslateRole<T>(Task<T> call)
    {
        try
        {
            return await call;
        }
        catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.InsufficientPrivilege or "ES030" or "ES032")
        {
            throw Map(error)!;
        }
    }

    // Npgsql has lost the thread of a connection and closed it ("Received unexpected backend message"), which it says by an exception without a type of its
    // own. Nobody knows whether the server has done what was asked.
    private static bool IsConnectionGivenUp(Exception error) => error.GetType() == typeof(Exception) && error.Source == "Npgsql";

    private static EventSourcingException? Map(PostgresException error) => error.SqlState switch
    {
        PostgresErrorCodes.UntranslatableCharacter or PostgresErrorCodes.CharacterNotInRepertoire => new UnstorableEventException(
            UnstorableEventException.InvalidText, "Text holds the character NUL or is not valid Unicode; PostgreSQL cannot store it.", error),
        PostgresErrorCodes.ProgramLimitExceeded => new UnstorableEventException(
            UnstorableEventException.TooLarge, $"PostgreSQL cannot store anything so large: {error.MessageText}", error),
        PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.LockNotAvailable
            => Unavailable(EventStoreUnavailableException.TransactionAborted, true, error),
        PostgresErrorCodes.QueryCanceled => Unavailable(EventStoreUnavailableException.TimedOut, true, error),
        PostgresErrorCodes.TooManyConnections => Unavailable(EventStoreUnavailableException.TooManyConnections, true, error),
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow
            => Unavailable(EventStoreUnavailableException.ServerRestarting, true, error),
        PostgresErrorCodes.ReadOnlySqlTransaction => Unavailable(EventStoreUnavailableException.ReadOnly, true, error),
        PostgresErrorCodes.DiskFull or PostgresErrorCodes.OutOfMemory or PostgresErrorCodes.InsufficientResources or PostgresErrorCodes.ConfigurationLimitExceeded
            => Unavailable(EventStoreUnavailableException.ServerFull, true, error),
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.UndefinedFunction or PostgresErrorCodes.InvalidSchemaName
            => new SchemaException($"The database's event store schema does not fit this build: run the migration. ({error.MessageText})", error),
        PostgresErrorCodes.InsufficientPrivilege
            => new SchemaException($"This database role may not do that. The schema is the owner's: run the migration under its role. ({error.MessageText})", error),
        "ES030" => new SchemaException($"EventStore:ApplicationRole: {error.MessageText}.", error),
        "ES032" => new SchemaException($"The schema lacks something of this build, {error.MessageText}: run the migration.", error),
        _ when error.SqlState.StartsWith("08", StringComparison.Ordinal) => Unavailable(EventStoreUnavailableException.ConnectionLost, true, error),
        _ => null,
    };

    private static EventStoreUnavailableException Unavailable(string code, bool transient, Exception error) =>
        new(code, $"PostgreSQL could not do its work ({code}): {error.Message}", transient, error);
}
