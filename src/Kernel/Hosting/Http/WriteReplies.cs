using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Monolith.EventSourcing;

namespace Monolith.Hosting;

/// <summary>The answer to a create. See <see cref="Reply.Created"/>.</summary>
public sealed class CreatedReply : IResult, IEndpointMetadataProvider
{
    private readonly Saved saved;
    private readonly string location;

    internal CreatedReply(Saved saved, string location) => (this.saved, this.location) = (saved, location);

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        httpContext.Response.Headers.Location = location;
        return saved.Write(httpContext.Response, StatusCodes.Status201Created);
    }

    /// <inheritdoc/>
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        WriteAnswer.Describe(builder, StatusCodes.Status201Created, typeof(Saved));
}

/// <summary>The answer to a change. See <see cref="Reply.Saved"/>.</summary>
public sealed class SavedReply : IResult, IEndpointMetadataProvider
{
    private readonly Saved saved;

    internal SavedReply(Saved saved) => this.saved = saved;

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        return saved.Write(httpContext.Response, StatusCodes.Status200OK);
    }

    /// <inheritdoc/>
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        WriteAnswer.Describe(builder, StatusCodes.Status200OK, typeof(Saved));
}

/// <summary>The answer to a delete. See <see cref="Reply.Deleted"/>.</summary>
public sealed class DeletedReply : IResult, IEndpointMetadataProvider
{
    private readonly Saved saved;

    internal DeletedReply(Saved saved) => this.saved = saved;

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        saved.WriteHeaders(httpContext.Response, StatusCodes.Status204NoContent);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        WriteAnswer.Describe(builder, StatusCodes.Status204NoContent, typeof(void));
}

internal static class WriteAnswer
{
    /// <summary>The response header with the global position of the last event that a write appended.</summary>
    internal const string Position = "Monolith-Position";

    private static readonly Guid ExampleId = Guid.Parse("01a20982-6984-7c76-8585-bd30e8f75b0a");

    internal static string EntityTag(long version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    internal static void Describe(EndpointBuilder builder, int status, Type body)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Metadata.Add(new ProducesResponseTypeMetadata(status, body, body == typeof(void) ? [] : ["application/json"]));
        builder.Metadata.Add(new GivesVersion(status, WithPosition: true));
        if (body == typeof(Saved))
        {
            builder.Metadata.Add(new AnswerExample(status, status == StatusCodes.Status201Created ? new Saved(ExampleId, 1, 42) : new Saved(ExampleId, 2, 43)));
        }
    }

    /// <summary>Writes an answer that may hold what is shown once and to nobody else.</summary>
    internal static Task WriteShownOnce<TBody>(HttpResponse response, Saved saved, int status, TBody body)
    {
        saved.WriteHeaders(response, status);
        response.Headers.CacheControl = "no-store";
        return response.WriteAsJsonAsync(body, response.HttpContext.RequestAborted);
    }

    extension(Saved saved)
    {
        internal Task Write(HttpResponse response, int status)
        {
            saved.WriteHeaders(response, status);
            return response.WriteAsJsonAsync(saved, response.HttpContext.RequestAborted);
        }

        internal void WriteHeaders(HttpResponse response, int status)
        {
            response.StatusCode = status;
            response.Headers.ETag = EntityTag(saved.Version);

            // An empty decision appended nothing, so it has no position to wait for.
            if (saved.Position > 0)
            {
                response.Headers[Position] = saved.Position.ToString(CultureInfo.InvariantCulture);
            }
        }
    }
}

/// <summary>Tells the API description that an answer of this status carries <c>ETag</c>, and perhaps <c>Monolith-Position</c>.</summary>
internal sealed record GivesVersion(int Status, bool WithPosition);
