using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Monolith.EventSourcing;

namespace Monolith.Hosting;

/// <summary>The answer to a create that says more than what it did. See <see cref="Reply.Created{TBody}"/>.</summary>
/// <typeparam name="TBody">What it says.</typeparam>
public sealed class CreatedReply<TBody> : IResult, IEndpointMetadataProvider
{
    private readonly Saved saved;
    private readonly string location;
    private readonly TBody body;

    internal CreatedReply(Saved saved, string location, TBody body) => (this.saved, this.location, this.body) = (saved, location, body);

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        httpContext.Response.Headers.Location = location;
        return WriteAnswer.WriteShownOnce(httpContext.Response, saved, StatusCodes.Status201Created, body);
    }

    /// <inheritdoc/>
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        WriteAnswer.Describe(builder, StatusCodes.Status201Created, typeof(TBody));
}

/// <summary>The answer to a change that says more than what it did. See <see cref="Reply.Saved{TBody}"/>.</summary>
/// <typeparam name="TBody">What it says.</typeparam>
public sealed class SavedReply<TBody> : IResult, IEndpointMetadataProvider
{
    private readonly Saved saved;
    private readonly TBody body;

    internal SavedReply(Saved saved, TBody body) => (this.saved, this.body) = (saved, body);

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        return WriteAnswer.WriteShownOnce(httpContext.Response, saved, StatusCodes.Status200OK, body);
    }

    /// <inheritdoc/>
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        WriteAnswer.Describe(builder, StatusCodes.Status200OK, typeof(TBody));
}
