using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Monolith.EventStore;
using Wolverine;

namespace Monolith.Hosting;

/// <summary>
/// Begins the operation of a request: finds out for which tenant it works, refuses it when that tenant is unknown or disabled, and hands
/// tenant, correlation and user on to the event store and to the message bus.
/// </summary>
internal sealed class TenantMiddleware(RequestDelegate next, Tenants tenants, IHostEnvironment environment)
{
    public async Task InvokeAsync(HttpContext http, IMessageContext bus)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<NeedsTenant>() is null)
        {
            await next(http);
            return;
        }

        // A header proves nothing. It is good enough on a developer's machine only; elsewhere a tenant comes from a token's claim.
        if (!environment.IsDevelopment())
        {
            await Problems.Of(StatusCodes.Status401Unauthorized).Write(http);
            return;
        }

        var tenantId = http.Request.Headers[RequestContext.Tenant].ToString();
        if (tenantId.Length == 0)
        {
            await new Problem(StatusCodes.Status400BadRequest, "tenant_required", $"The header {RequestContext.Tenant} must name the tenant.").Write(http);
            return;
        }

        await tenants.ShardOf(tenantId, http.RequestAborted);
        var operation = RequestContext.Read(http, tenantId);
        bus.TenantId = tenantId;
        bus.CorrelationId = operation.Metadata.CorrelationId;
        bus.UserName = operation.Metadata.UserId;
        http.Response.Headers[RequestContext.Correlation] = operation.Metadata.CorrelationId;
        using (operation.Begin())
        {
            await next(http);
        }
    }
}

internal sealed record NeedsTenant;
