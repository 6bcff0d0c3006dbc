using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;

namespace Monolith.Hosting.Tests;

public sealed class ProblemTests
{
    private static readonly StreamId Stream = new("acme", "note", Guid.Empty);

    public static TheoryData<Exception, int, string> Errors => new()
    {
        { new RejectedException(new("too_late", "Too late.")), 409, "too_late" },
        { new ClaimTakenException(new("email", "ada@example.com")), 409, "email_taken" },
        { new ConcurrencyException(Stream, ExpectedVersion.Exactly(1), 2), 409, "concurrency_conflict" },
        { new VersionMismatchException(Stream, 1, 2), 412, "version_mismatch" },
        { new AggregateArchivedException(Stream), 409, "aggregate_archived" },
        { new AggregateNotFoundException(Stream), 404, "not_found" },
        { new InvalidSearchException("it holds no value to look for."), 400, "invalid_search" },
        { new UnstorableEventException(UnstorableEventException.TooLarge, "big"), 413, "event_too_large" },
        { new UnstorableEventException(UnstorableEventException.InvalidText, "nul"), 422, "invalid_text" },
        { new UnknownTenantException("acme"), 403, "unknown_tenant" },
        { new TenantDisabledException("acme"), 403, "tenant_disabled" },
        { new EventStoreUnavailableException("connection_lost", "gone", isTransient: true, new IOException()), 503, "unavailable" },
        { new InvalidOperationException("wrapped", new NpgsqlException("gone", new SocketException())), 503, "unavailable" },
        { new EventStoreUnavailableException("server_full", "full", isTransient: false, new IOException()), 500, "internal_error" },
        { new BadHttpRequestException("big", StatusCodes.Status413PayloadTooLarge), 413, "too_large" },
        { new BadHttpRequestException("Unexpected end of request content."), 400, "invalid" },
        { new UnknownEventTypeException("note.gone", Stream, 3), 500, "internal_error" },
        { new InvalidModelException("bad"), 500, "internal_error" },
        { new OwnerRequiredException("Moving a tenant"), 500, "internal_error" },
        { new InvalidOperationException("secret"), 500, "internal_error" },
    };

    [Theory]
    [MemberData(nameof(Errors), DisableDiscoveryEnumeration = true)]
    public void Every_error_has_its_status_and_code(Exception error, int status, string code)
    {
        var problem = Problems.Of(error);
        Assert.Equal((status, code), (problem.Status, problem.Code));
    }

    [Fact]
    public void Personal_data_and_internals_stay_inside()
    {
        Assert.DoesNotContain("ada@example.com", Problems.Of(new ClaimTakenException(new("email", "ada@example.com"))).Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", Problems.Of(new InvalidOperationException("secret")).Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", Problems.Of(new BadHttpRequestException("secret")).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void An_outage_says_when_to_try_again() =>
        Assert.Equal(1, Problems.Of(new NpgsqlException("gone", new IOException())).RetryAfterSeconds);
}
