using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace Monolith.Hosting;

/// <summary>
/// Lets only operators through to what is theirs: outside Development the caller must be authenticated and have the role <c>operator</c>. On a developer's machine everybody is
/// one, as everybody may say there for which tenant they work.
/// </summary>
internal sealed class OperatorAccess(RequestDelegate next, IHostEnvironment environment)
{
    public const string Role = "operator";

    public Task InvokeAsync(HttpContext http) =>
        http.GetEndpoint()?.Metadata.GetMetadata<NeedsOperator>() is null || environment.IsDevelopment() || http.User.IsInRole(Role) ? next(http)
        : http.User.Identity?.IsAuthenticated == true ? Problems.Of(StatusCodes.Status403Forbidden).Write(http)
        : Problems.Of(StatusCodes.Status401Unauthorized).Write(http);

    /// <summary>Who decides, for the record: as the token says, or a header on a developer's machine.</summary>
    public static string NameOf(HttpContext http) =>
        http.User.Identity is { IsAuthenticated: true, Name: { Length: > 0 } name } ? name
        : RequestContext.UserOf(http) ?? "an operator";
}

internal sealed record NeedsOperator;
