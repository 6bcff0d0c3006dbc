using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Monolith.Hosting;

/// <summary>The OpenAPI document: what the routes' signatures say, and what <see cref="RouteDescriptions"/> adds.</summary>
internal static class ApiDescriptionSetup
{
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
            return Task.CompletedTask;
        });
        options.AddOperationTransformer<RouteDescriptionTransformer>();
    });
}
