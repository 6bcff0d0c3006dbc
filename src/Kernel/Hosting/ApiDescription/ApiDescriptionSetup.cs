using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Monolith.Hosting;

/// <summary>The OpenAPI document: what the routes' signatures say, and what <see cref="RouteDescriptions"/> adds.</summary>
internal static class ApiDescriptionSetup
{
    public const string Bearer = "bearer";

    public static void AddApiDescription(this IServiceCollection services) => services.AddOpenApi(options =>
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Monolith",
                Version = typeof(ApiDescriptionSetup).Assembly.GetName().Version?.ToString(3),
                Description = "Every write answers its version as `ETag` and its place in the event feed as `Monolith-Position`. "
                    + "Errors are `application/problem+json` with a stable `code`.",
            };
            document.Servers = [];
            document.Components ??= new();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
            {
                [Bearer] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http,
                    Scheme = Bearer,
                    BearerFormat = "JWT",
                    Description = "A token of the authority. It names the tenant to work for, and the permissions or roles that a route asks for.",
                },
            };
            return Task.CompletedTask;
        });
        options.CreateSchemaReferenceId = SchemaName;
        options.AddSchemaTransformer((schema, context, _) =>
        {
            // The converter that refuses NUL hides from the framework that text is text.
            if (context.JsonTypeInfo.Type == typeof(string))
            {
                schema.Type = context.JsonPropertyInfo is { IsGetNullable: true } ? JsonSchemaType.String | JsonSchemaType.Null : JsonSchemaType.String;
            }

            return Task.CompletedTask;
        });
        options.AddOperationTransformer<RouteDescriptionTransformer>();
    });

    // Every route calls the type of its body Body: ChangeEmailRoute.Body is ChangeEmail to callers.
    private static string? SchemaName(JsonTypeInfo type) => type.Type is { Name: "Body", DeclaringType.Name: var route }
        ? route.EndsWith("Route", StringComparison.Ordinal) ? route[..^"Route".Length] : route
        : OpenApiOptions.CreateDefaultSchemaReferenceId(type);
}
