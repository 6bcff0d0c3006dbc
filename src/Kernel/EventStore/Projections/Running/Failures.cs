using System.Net.Sockets;
using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>What a failure says about who is at fault.</summary>
internal static class Failures
{
    /// <summary>
    /// Whether the database refused a batch because of what an event became: values that do not fit (class 22), a constraint (23), or an error
    /// that a trigger or function raised (P0), a limit of the server (54). Anything else, such as a missing table, would refuse every event, so it is waited out and reported.
    /// </summary>
    public static bool IsOfTheData(PostgresException error) => error.SqlState[..2] is "22" or "23" or "54" or "P0";

    /// <summary>Whether a batch failed because of one of its events, though it is not known which.</summary>
    public static bool IsOfAnEvent(Exception error) => error switch
    {
        PostgresException postgres => IsOfTheData(postgres),
        OperationCanceledException or ProjectionFailedException => false,
        _ => !IsOutage(error),
    };

    /// <summary>Whether the database could not be reached or had no room: nothing is wrong with the projection.</summary>
    public static bool IsOutage(Exception error) => error switch
    {
        EventSourcingException known => known.IsTransient,
        PostgresException postgres => PostgresErrors.Map(postgres) is { IsTransient: true },
        NpgsqlException or SocketException or IOException or TimeoutException or ObjectDisposedException => true,
        _ => false,
    };
}

/// <summary>The checkpoint is not the caller's any more.</summary>
internal sealed class CheckpointLostException : Exception;

/// <summary>What stands for the reason of a parked event over which the process died, or the projection hung: nobody could report it.</summary>
internal sealed class ProcessDiedException(string message) : Exception(message);

/// <summary>A batch of several events failed, and which of them is at fault is not known yet.</summary>
internal sealed class BatchRefusedException(Exception problem) : Exception(problem.Message, problem);
