using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Monolith.EventStore;
using Wolverine;

namespace Monolith.Hosting;

/// <summary>
/// Begins the operation of a request: reads from the caller's token for which tenant it works, refuses it when that tenant is unknown or disabled, and hands
/// tenant, correlation and user on to the event store and to the message bus.
/// </summary>
internal sealed class TenantMiddleware(RequestDelegate next, Tenants tenants, TokenOptions tokens, ILogger<TenantMiddleware> logger)
{
    private static readonly Problem NoTenant = new(
        StatusCodes.Status403Forbidden, "tenant_required", "The token must name one tenant to work for.");

    public async Task InvokeAsync(HttpContext http, IMessageContext bus)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<NeedsTenant>() is null)
        {
            await next(http);
            return;
        }

        if (http.User.FindAll(tokens.TenantClaim).Select(claim => claim.Value).ToList() is not [{ Length: > 0 } tenantId])
        {
            await NoTenant.Write(http);
            return;
        }

        await tenants.ShardOf(tenantId, http.RequestAborted);
        var operation = RequestContext.Read(http, tenantId);
        bus.TenantId = tenantId;
        bus.CorrelationId = operation.Metadata.CorrelationId;
        bus.UserName = operation.Metadata.UserId;
        http.Response.Headers[RequestContext.Correlation] = operation.Metadata.CorrelationId;
        var scope = new OperationScope(operation);
        scope.Keep(http);
        using (operation.Begin())
        using (logger.BeginScope(scope))
        {
            await next(http);
        }
    }
}

internal sealed record NeedsTenant;
