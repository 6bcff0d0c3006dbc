using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Monolith.Hosting;

/// <summary>An error as callers see it: <c>application/problem+json</c> with a stable code for programs and a sentence for people.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">A stable name in lower_snake_case.</param>
/// <param name="Detail">A sentence without personal data and without internals.</param>
public sealed record Problem(int Status, string Code, string Detail)
{
    /// <summary>The messages by field, in the form the request has them: <c>profile.firstName</c>.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    /// <summary>After how many seconds a retry makes sense; null when it does not, or at once.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>404 with the code <c>not_found</c>.</summary>
    public static Problem NotFound(string detail) => new(StatusCodes.Status404NotFound, "not_found", detail);

    /// <summary>400 with the code <c>invalid</c>.</summary>
    public static Problem Invalid(string detail) => new(StatusCodes.Status400BadRequest, "invalid", detail);

    /// <summary>Writes the problem as the answer.</summary>
    public async Task Write(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var body = new Body(
            ReasonPhrases.GetReasonPhrase(Status), Status, Detail, Code, Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier, Errors);
        context.Response.StatusCode = Status;
        if (RetryAfterSeconds is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        await context.Response.WriteAsJsonAsync(body, options: null, contentType: "application/problem+json", context.RequestAborted);
    }

    internal sealed record Body(
        string Title,
        int Status,
        string Detail,
        string Code,
        string TraceId,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, string[]>? Errors);
}
