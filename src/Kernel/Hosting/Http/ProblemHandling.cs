using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Monolith.Hosting;

/// <summary>Turns every error of a request into problem details, and logs the ones that are ours.</summary>
internal sealed partial class ProblemHandling(ILogger<ProblemHandling> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        var problem = Problems.Of(exception);
        if (problem.Status >= StatusCodes.Status500InternalServerError)
        {
            using var scope = OperationScope.Of(httpContext) is { } operation ? logger.BeginScope(operation) : null;
            LogFailure(exception, httpContext.Request.Method, httpContext.Features.Get<IExceptionHandlerFeature>()?.Endpoint?.DisplayName, problem.Status, problem.Code);
        }

        await problem.Write(httpContext);
        return true;
    }

    public static Task DescribeStatus(StatusCodeContext context) => Problems.Of(context.HttpContext.Response.StatusCode).Write(context.HttpContext);

    /// <summary>Refuses what no route could use: a body over the limit, and the character NUL in the address.</summary>
    public static Task RefuseUnusable(HttpContext context, RequestDelegate next)
    {
        if (context.Request.ContentLength > InvalidRequests.MaxBodyBytes)
        {
            return InvalidRequests.TooLarge.Write(context);
        }

        return HasNul(context.Request)
            ? Problem.Invalid("The address holds the character NUL.").Write(context)
            : next(context);
    }

    private static bool HasNul(HttpRequest request) =>
        request.Path.Value?.Contains('\0', StringComparison.Ordinal) == true
        || (request.QueryString.Value?.Contains("%00", StringComparison.Ordinal) ?? false);

    [LoggerMessage(1, LogLevel.Error, "{Method} {Endpoint} failed with {Status} {Code}.")]
    private partial void LogFailure(Exception error, string method, string? endpoint, int status, string code);
}
