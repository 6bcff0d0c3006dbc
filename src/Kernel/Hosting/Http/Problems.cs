using FluentValidation;
using Microsoft.AspNetCore.Http;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Npgsql;

namespace Monolith.Hosting;

/// <summary>What callers are told of an error: the one place where errors become HTTP. What is not listed is a bug, of which they are told nothing.</summary>
internal static class Problems
{
    private const int RetrySeconds = 1;

    public static Problem Of(Exception error) => error switch
    {
        RejectedException rejected => new(StatusCodes.Status409Conflict, rejected.Code, rejected.Message),
        VersionMismatchException mismatch => new(
            StatusCodes.Status412PreconditionFailed, mismatch.Code, $"The version is {mismatch.Actual}, If-Match requires {mismatch.Required}. Read again, then decide again."),
        ConcurrencyException conflict => new(StatusCodes.Status409Conflict, conflict.Code, "Somebody else wrote at the same time. Read again, then decide again."),
        AggregateArchivedException archived => new(StatusCodes.Status409Conflict, archived.Code, "It is archived: it can be read, but not changed."),
        AggregateNotFoundException missing => Problem.NotFound($"There is no {missing.Stream.AggregateType} '{missing.Stream.AggregateId}', or there was none then."),
        UnstorableEventException { Code: UnstorableEventException.TooLarge } large => new(
            StatusCodes.Status413PayloadTooLarge, large.Code, "The request holds more than one event may hold."),
        UnstorableEventException text => new(StatusCodes.Status422UnprocessableEntity, text.Code, "The request holds text that cannot be stored: the character NUL, or no valid Unicode."),
        InvalidSearchException search => new(StatusCodes.Status400BadRequest, search.Code, search.Message),
        UnknownTenantException or TenantDisabledException => new(
            StatusCodes.Status403Forbidden, ((EventSourcingException)error).Code, "The tenant does not exist or is disabled."),
        UnknownProjectionException unknown => new(StatusCodes.Status404NotFound, unknown.Code, unknown.Message),
        RebuildRunningException or RebuildRefusedException or RebuildDiskException or VerificationRefusedException => new(
            StatusCodes.Status409Conflict, ((EventSourcingException)error).Code, error.Message),
        ProjectionFailedException failed => new(
            StatusCodes.Status409Conflict,
            failed.Code,
            $"The projection '{failed.Projection}' cannot take '{failed.Envelope.EventType}' at position {failed.Envelope.Position}. Nothing has changed."),
        VerificationDisturbedException disturbed => new(StatusCodes.Status503ServiceUnavailable, disturbed.Code, disturbed.Message) { RetryAfterSeconds = RetrySeconds },
        ValidationException invalid => InvalidRequests.Describe(invalid),
        BadHttpRequestException bad => InvalidRequests.Describe(bad),
        ReadModelBehindException behind => new(
            StatusCodes.Status503ServiceUnavailable, behind.Code, "What is to be read does not hold that position yet. The request may be repeated.")
        {
            RetryAfterSeconds = RetrySeconds,
        },
        _ when IsOutage(error) => new(StatusCodes.Status503ServiceUnavailable, "unavailable", "The database is not available at the moment. The request may be repeated.")
        {
            RetryAfterSeconds = RetrySeconds,
        },
        _ => new(StatusCodes.Status500InternalServerError, "internal_error", "Something went wrong here. The trace id tells the operators what."),
    };

    /// <summary>An answer of which the framework gave only the status.</summary>
    public static Problem Of(int status) => status switch
    {
        StatusCodes.Status400BadRequest => Problem.Invalid("The request cannot be read."),
        StatusCodes.Status401Unauthorized => new(status, "unauthenticated", "The request says not who sends it."),
        StatusCodes.Status403Forbidden => new(status, "forbidden", "The sender may not do this."),
        StatusCodes.Status404NotFound => Problem.NotFound("There is no such address."),
        StatusCodes.Status405MethodNotAllowed => new(status, "method_not_allowed", "The address exists, but not for this method; see the header Allow."),
        StatusCodes.Status406NotAcceptable => new(status, "not_acceptable", "The answer cannot be given in a form that the request accepts."),
        StatusCodes.Status413PayloadTooLarge => InvalidRequests.TooLarge,
        StatusCodes.Status415UnsupportedMediaType => InvalidRequests.NotJson,
        StatusCodes.Status429TooManyRequests => new(status, "rate_limited", "Too many requests: wait a moment."),
        StatusCodes.Status504GatewayTimeout => new(status, "timed_out", "The request took too long. What it changed, if anything, is unknown: read, or repeat it with the same Idempotency-Key."),
        _ => new(status, status < StatusCodes.Status500InternalServerError ? "invalid" : "internal_error", "The request cannot be answered."),
    };

    private static bool IsOutage(Exception error)
    {
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is EventSourcingException { IsTransient: true } or NpgsqlException { IsTransient: true })
            {
                return true;
            }
        }

        return false;
    }
}
