using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Monolith.EventSourcing;

namespace Monolith.Hosting;

/// <summary>The answer to a write that says more than what it did. See <see cref="Reply.Created{TBody}"/> and <see cref="Reply.Saved{TBody}"/>.</summary>
/// <typeparam name="TBody">What it says.</typeparam>
public sealed class WriteReply<TBody> : IResult, IEndpointMetadataProvider
{
    private readonly Saved saved;
    private readonly string? location;
    private readonly TBody body;

    internal WriteReply(Saved saved, string? location, TBody body) => (this.saved, this.location, this.body) = (saved, location, body);

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        var response = httpContext.Response;
        saved.WriteHeaders(response, location is null ? StatusCodes.Status200OK : StatusCodes.Status201Created);
        if (location is not null)
        {
            response.Headers.Location = location;
        }

        // It may hold what is shown once and to nobody else.
        response.Headers.CacheControl = "no-store";
        return response.WriteAsJsonAsync(body, httpContext.RequestAborted);
    }

    /// <inheritdoc/>
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(method);
        WriteAnswer.Describe(builder, StatusCodes.Status200OK, typeof(TBody));
    }
}
