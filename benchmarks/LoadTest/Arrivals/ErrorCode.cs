using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.LoadTest.Arrivals;

/// <summary>By which code a failure counts.</summary>
internal static class ErrorCode
{
    public static string Of(Exception failure) => failure switch
    {
        EventSourcingException known => known.Code,
        PostgresException refused => "sqlstate_" + refused.SqlState,
        NpgsqlException => "database",
        HttpRequestException => "connection_failed",
        OperationCanceledException => "timed_out",
        _ => failure.GetType().Name,
    };
}
