using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
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

        if (IdempotencyMiddleware.TakesKey(context.Description.HttpMethod, metadata))
        {
            AddHeader(
                operation, IdempotencyMiddleware.Header, "Makes a repeat safe: the same request with the same key happens once, and is answered alike for 24 hours.",
                required: false, example: "8e03978e-40d5-43dd-bc93-6894a57f9324");
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
            body.Example = Node(example.Body);
        }

        foreach (var answer in metadata.OfType<AnswerExample>())
        {
            if (operation.Responses?.GetValueOrDefault(answer.Status.ToString(CultureInfo.InvariantCulture))?.Content?.TryGetValue(Json, out var shown) == true)
            {
                shown.Example = Node(answer.Body);
            }
        }

        if (context.Document!.Components?.Schemas?.ContainsKey(nameof(Problem)) != true)
        {
            context.Document.AddComponent(nameof(Problem), await context.GetOrCreateSchemaAsync(typeof(Problem.Body), cancellationToken: cancellationToken));
        }

        foreach (var (status, codes) in ProblemsOf(context.Description, metadata).GroupBy(problem => problem.Status, problem => problem.Codes).OrderBy(group => group.Key)
            .Select(group => (group.Key, group.SelectMany(codes => codes).Distinct(StringComparer.Ordinal))))
        {
            operation.Responses ??= [];
            operation.Responses[status.ToString(CultureInfo.InvariantCulture)] = ProblemOf(status, [.. codes], context.Document);
        }
    }

    private JsonNode? Node(object body) => JsonSerializer.SerializeToNode(body, body.GetType(), json.Value.SerializerOptions);

    // Described once for the same status and codes, and referred to: every route has a dozen of them.
    private OpenApiResponseReference ProblemOf(int status, IReadOnlyList<string> codes, OpenApiDocument document)
    {
        var name = $"{status.ToString(CultureInfo.InvariantCulture)}.{string.Join('.', codes)}";
        if (document.Components?.Responses?.ContainsKey(name) != true)
        {
            var title = ReasonPhrases.GetReasonPhrase(status);
            var errors = codes.Contains("invalid") ? new Dictionary<string, string[]>(StringComparer.Ordinal) { ["amount"] = ["An amount must be greater than zero."] } : null;
            document.AddComponent(name, new OpenApiResponse
            {
                Description = $"{title}: {string.Join(", ", codes.Select(code => $"`{code}`"))}",
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                {
                    ["application/problem+json"] = new()
                    {
                        Schema = new OpenApiSchemaReference(nameof(Problem), document),
                        Example = Node(new Problem.Body(title, status, "A sentence that says to people what is wrong.", codes[0], "4bf92f3577b34da6a3ce929d0e0e4736", errors)),
                    },
                },
            });
        }

        return new(name, document);
    }

    private static IEnumerable<(int Status, IEnumerable<string> Codes)> ProblemsOf(ApiDescription route, IList<object> metadata)
    {
        var path = route.RelativePath;
        var writes = metadata.OfType<GivesVersion>().Any(version => version.WithPosition);
        yield return (StatusCodes.Status400BadRequest, ["invalid"]);
        if (metadata.OfType<IAuthorizeData>().Any())
        {
            yield return (StatusCodes.Status401Unauthorized, ["unauthenticated", "token_expired", "invalid_token"]);
            yield return (StatusCodes.Status403Forbidden, metadata.OfType<NeedsTenant>().Any() ? ["forbidden", "tenant_required", "unknown_tenant", "tenant_disabled"] : ["forbidden"]);
        }

        if (metadata.OfType<IAuthorizeData>().Any())
        {
            yield return (StatusCodes.Status429TooManyRequests, ["rate_limited"]);
            yield return (StatusCodes.Status500InternalServerError, ["internal_error"]);
            yield return (StatusCodes.Status503ServiceUnavailable, ["unavailable"]);
        }

        if (metadata.OfType<NeedsTenant>().Any())
        {
            yield return (StatusCodes.Status504GatewayTimeout, ["timed_out"]);
        }

        if (IdempotencyMiddleware.TakesKey(route.HttpMethod, metadata))
        {
            var isTenants = metadata.OfType<NeedsTenant>().Any();
            yield return (StatusCodes.Status409Conflict, isTenants ? ["request_under_way", "aggregate_archived"] : ["request_under_way"]);
            yield return (StatusCodes.Status422UnprocessableEntity, isTenants ? ["idempotency_key_reused", "invalid_text"] : ["idempotency_key_reused"]);
        }

        if (route.SupportedRequestFormats.Count > 0)
        {
            yield return (StatusCodes.Status413PayloadTooLarge, ["too_large", "event_too_large"]);
            yield return (StatusCodes.Status415UnsupportedMediaType, ["unsupported_media_type"]);
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
