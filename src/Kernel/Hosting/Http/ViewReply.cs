using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;

namespace Monolith.Hosting;

/// <summary>The answer to a query. See <see cref="Reply.View"/>.</summary>
/// <typeparam name="TView">What is shown.</typeparam>
public sealed class ViewReply<TView> : IResult, IEndpointMetadataProvider where TView : class
{
    private readonly TView? view;
    private readonly long? version;

    internal ViewReply(TView? view, long? version) => (this.view, this.version) = (view, version);

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        if (view is null)
        {
            return Problem.NotFound("Nothing is here for this tenant.").Write(httpContext);
        }

        if (version is { } known)
        {
            var tag = WriteAnswer.EntityTag(known);
            httpContext.Response.Headers.ETag = tag;
            if (HasAlready(httpContext.Request, tag))
            {
                httpContext.Response.StatusCode = StatusCodes.Status304NotModified;
                return Task.CompletedTask;
            }
        }

        return httpContext.Response.WriteAsJsonAsync(view, httpContext.RequestAborted);
    }

    // RFC 9110: a list of tags, or * for any, compared weakly. What cannot be read matches nothing.
    private static bool HasAlready(HttpRequest request, string tag) =>
        EntityTagHeaderValue.TryParseList(request.Headers.IfNoneMatch, out var tags)
        && tags.Any(one => one.Equals(EntityTagHeaderValue.Any) || one.Tag == tag);

    /// <inheritdoc/>
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(TView), ["application/json"]));
        builder.Metadata.Add(new GivesVersion(StatusCodes.Status200OK, WithPosition: false));
    }
}
