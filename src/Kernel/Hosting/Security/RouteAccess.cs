using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.EventSourcing;

namespace Monolith.Hosting;

/// <summary>What a token must permit for a route: by its method, unless the route says something else.</summary>
public static class RouteAccess
{
    /// <summary>
    /// Demands this permission, which the module declares, instead of the one that follows from the method. For a query that is sent by POST, say, or for what not
    /// everybody who writes may do.
    /// </summary>
    public static TBuilder Requires<TBuilder>(this TBuilder route, string permission) where TBuilder : IEndpointConventionBuilder =>
        route.WithMetadata(new NeedsPermission(permission));

    /// <summary>Lets every route of a module demand <c>{module}:read</c> for GET and HEAD, else <c>{module}:write</c>, unless it <see cref="Requires"/> another.</summary>
    /// <exception cref="InvalidModelException">When the routes are built: one requires a permission that the module does not declare.</exception>
    internal static RouteGroupBuilder DemandPermissions(this RouteGroupBuilder routes, Module module)
    {
        ((IEndpointConventionBuilder)routes).Finally(endpoint =>
        {
            var needed = endpoint.Metadata.OfType<NeedsPermission>().LastOrDefault();
            if (needed is null)
            {
                var methods = endpoint.Metadata.OfType<HttpMethodMetadata>().SelectMany(metadata => metadata.HttpMethods).ToList();
                needed = new(methods.Count > 0 && methods.TrueForAll(IsRead) ? module.ReadPermission : module.WritePermission);
                endpoint.Metadata.Add(needed);
            }

            if (!module.Permissions.Contains(needed.Permission, StringComparer.Ordinal))
            {
                throw new InvalidModelException($"'{endpoint.DisplayName}' requires {needed.Permission}, which the module {module.Name} does not declare.");
            }
        });
        return routes;
    }

    private static bool IsRead(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);
}

/// <summary>Lets through whoever has a token with the permission.</summary>
internal sealed class NeedsPermission(string permission) : IAuthorizeData
{
    public string Permission { get; } = permission;

    public string? Policy { get; set; } = permission;

    public string? Roles { get; set; }

    public string? AuthenticationSchemes { get; set; }
}

/// <summary>What a token may permit on this host: what its modules declare.</summary>
/// <param name="All">The permissions, such as <c>users:read</c>.</param>
public sealed record TokenPermissions(IReadOnlyList<string> All);
