using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Monolith.Hosting;

/// <summary>
/// The version that a caller requires, from the request's <c>If-Match</c> header: a parameter of a route that changes an aggregate.
/// <c>"7"</c> requires version 7; no header, or <c>*</c>, requires none.
/// </summary>
/// <param name="Version">The required version; null for whatever is there.</param>
public sealed record IfMatch(long? Version) : IBindableFromHttpContext<IfMatch>, IEndpointParameterMetadataProvider
{
    /// <summary>Reads the header.</summary>
    /// <exception cref="BadHttpRequestException">It is not one strong entity tag as this host gives them.</exception>
    public static ValueTask<IfMatch?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ValueTask.FromResult<IfMatch?>(Parse(context.Request.Headers.IfMatch.ToString()));
    }

    /// <summary>Tells the API description that the route reads the header.</summary>
    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Metadata.Add(new ReadsIfMatch());
    }

    internal static IfMatch Parse(string header)
    {
        var tag = header.Trim();
        if (tag is "" or "*")
        {
            return new(Version: null);
        }

        // Weak tags (W/"7") never match strongly, and the host never gives them; they are as malformed here as a list of tags.
        return tag.Length > 2 && tag[0] == '"' && tag[^1] == '"'
            && long.TryParse(tag.AsSpan(1, tag.Length - 2), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? new IfMatch(version)
            : throw new RefusedRequestException("If-Match must be one entity tag as an earlier answer gave it, such as \"7\".");
    }
}

internal sealed record ReadsIfMatch;
