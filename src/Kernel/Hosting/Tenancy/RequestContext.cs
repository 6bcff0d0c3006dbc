using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Monolith.EventSourcing;

namespace Monolith.Hosting;

/// <summary>Reads from a request for whom and why it works.</summary>
internal static class RequestContext
{
    internal const string Correlation = "X-Correlation-Id";
    private const int LongestId = 128;
    private const int LongestUser = 255;

    public static OperationContext Read(HttpContext http, string tenantId)
    {
        var trace = Activity.Current?.TraceId.ToHexString();
        return new(tenantId, new EventMetadata
        {
            CorrelationId = CorrelationOf(http) ?? trace ?? Guid.CreateVersion7().ToString("N"),
            UserId = UserOf(http),
            TraceId = trace,
            SpanId = Activity.Current?.SpanId.ToHexString(),
        });
    }

    // OpenID Connect allows 255 ASCII characters; what an authority calls somebody beyond that is stored with no event.
    private static string? UserOf(HttpContext http) =>
        http.User.Identity?.Name is { Length: > 0 and <= LongestUser } user && IsPlain(user) ? user : null;

    // The value is stored with every event and echoed in the answer, so it must be short and plain.
    private static string? CorrelationOf(HttpContext http)
    {
        var value = http.Request.Headers[Correlation].ToString();
        if (value.Length == 0)
        {
            return null;
        }

        return value.Length <= LongestId && IsPlain(value)
            ? value
            : throw new RefusedRequestException($"{Correlation} must be at most {LongestId} visible ASCII characters.");
    }

    private static bool IsPlain(string value) => value.All(character => character is > ' ' and <= '~');
}
