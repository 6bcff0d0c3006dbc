using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;

namespace Monolith.Hosting;

/// <summary>Puts headers, examples and errors of a route into its OpenAPI operation.</summary>
internal sealed class RouteDescriptionTransformer(IOptions<JsonOptions> json) : IOpenApiOperationTransformer
{
    private const string Json = "application/json";

    public async Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (metadata.OfType<IAuthorizeData>().LastOrDefault() is { Policy: { } policy })
        {
            operation.Security = [new() { [new(ApiDescriptionSetup.Bearer, context.Document)] = [policy] }];
        }

        if (metadata.OfType<ReadsIfMatch>().Any())
        {
            AddHeader(operation, "If-Match", "The version to change, as an earlier `ETag` gave it; any other version answers 412.", required: false, example: "\"1\"");
        }

        if (metadata.OfType<ReadsFrom>().Any())
        {
            AddHeader(
                operation, WriteAnswer.Position, "Waits, for a moment, until what is read holds this position, as an earlier write answered it.",
                required: false, example: "42");
        }

        foreach (var version in metadata.OfType<GivesVersion>())
        {
            DescribeHeaders(operation, version);
        }

        if (metadata.OfType<RequestExample>().LastOrDefault() is { } example
            && operation.RequestBody?.Content?.TryGetValue(Json, out var body) == true)
        {
            body.Example = JsonSerializer.SerializeToNode(example.Body, example.Body.GetType(), json.Value.SerializerOptions);
        }

        var problem = await context.GetOrCreateSchemaAsync(typeof(Problem.Body), cancellationToken: cancellationToken);
        foreach (var (status, codes) in ProblemsOf(context.Description.RelativePath, metadata))
        {
            operation.Responses ??= [];
            operation.Responses[status.ToString(CultureInfo.InvariantCulture)] = new OpenApiResponse
            {
                Description = $"{ReasonPhrases.GetReasonPhrase(status)}: {string.Join(", ", codes.Select(code => $"`{code}`"))}",
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { ["application/problem+json"] = new() { Schema = problem } },
            };
        }
    }

    private static IEnumerable<(int Status, IEnumerable<string> Codes)> ProblemsOf(string? path, IList<object> metadata)
    {
        var writes = metadata.OfType<GivesVersion>().Any(version => version.WithPosition);
        yield return (StatusCodes.Status400BadRequest, ["invalid"]);
        if (metadata.OfType<IAuthorizeData>().Any())
        {
            yield return (StatusCodes.Status401Unauthorized, ["unauthenticated", "token_expired", "invalid_token"]);
            yield return (StatusCodes.Status403Forbidden, metadata.OfType<NeedsTenant>().Any() ? ["forbidden", "tenant_required", "unknown_tenant", "tenant_disabled"] : ["forbidden"]);
        }

        if (metadata.OfType<MissesWith>().LastOrDefault() is { } misses)
        {
            yield return (StatusCodes.Status404NotFound, misses.Codes);
        }
        else if (path?.Contains('{', StringComparison.Ordinal) == true)
        {
            yield return (StatusCodes.Status404NotFound, ["not_found"]);
        }

        string[] rejections = [.. metadata.OfType<RejectsWith>().SelectMany(rejects => rejects.Codes), .. writes ? (string[])["concurrency_conflict"] : []];
        if (rejections.Length > 0)
        {
            yield return (StatusCodes.Status409Conflict, rejections);
        }

        if (metadata.OfType<ReadsIfMatch>().Any())
        {
            yield return (StatusCodes.Status412PreconditionFailed, ["version_mismatch"]);
        }

        if (metadata.OfType<ReadsFrom>().Any())
        {
            yield return (StatusCodes.Status503ServiceUnavailable, ["read_model_behind"]);
        }
    }

    private static void AddHeader(OpenApiOperation operation, string name, string description, bool required, string example)
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter
        {
            Name = name,
            In = ParameterLocation.Header,
            Description = description,
            Required = required,
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            Example = example,
        });
    }

    private static void DescribeHeaders(OpenApiOperation operation, GivesVersion version)
    {
        if (operation.Responses?.GetValueOrDefault(version.Status.ToString(CultureInfo.InvariantCulture)) is not OpenApiResponse response)
        {
            return;
        }

        response.Headers ??= new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal);
        response.Headers["ETag"] = Header("The version, in double quotes.");
        if (version.WithPosition)
        {
            response.Headers[WriteAnswer.Position] = Header("The place of the last appended event in the feed; absent when nothing changed.");
        }

        if (version.Status == StatusCodes.Status201Created)
        {
            response.Headers["Location"] = Header("Where the new resource is.");
        }
    }

    private static OpenApiHeader Header(string description) => new() { Description = description, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
}
