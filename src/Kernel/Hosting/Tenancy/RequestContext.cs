using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Monolith.EventSourcing;

namespace Monolith.Hosting;

/// <summary>Reads from a request for whom and why it works.</summary>
internal static class RequestContext
{
    internal const string Tenant = "X-Tenant-Id";
    internal const string User = "X-User-Id";
    internal const string Correlation = "X-Correlation-Id";
    private const int LongestId = 128;

    public static OperationContext Read(HttpContext http, string tenantId)
    {
        var trace = Activity.Current?.TraceId.ToHexString();
        return new(tenantId, new EventMetadata
        {
            CorrelationId = Id(http, Correlation) ?? trace ?? Guid.CreateVersion7().ToString("N"),
            UserId = Id(http, User),
            TraceId = trace,
        });
    }

    /// <summary>The user that a header names, which proves nothing.</summary>
    public static string? UserOf(HttpContext http) => Id(http, User);

    // The value is stored with every event and echoed in the answer, so it must be short and plain.
    private static string? Id(HttpContext http, string header)
    {
        var value = http.Request.Headers[header].ToString();
        if (value.Length == 0)
        {
            return null;
        }

        return value.Length <= LongestId && value.All(character => character is > ' ' and <= '~')
            ? value
            : throw new RefusedRequestException($"{header} must be at most {LongestId} visible ASCII characters.");
    }
}
