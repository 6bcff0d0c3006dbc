using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Hosting;

/// <summary>Keeps one tenant from taking the host from the others: a bucket of requests for each, and one for each address that shows no valid token.</summary>
internal static class RateLimits
{
    private static readonly TimeSpan Refill = TimeSpan.FromMilliseconds(100);

    public static void AddRateLimits(this IServiceCollection services, HttpOptions options, TokenOptions tokens) => services.AddRateLimiter(limiter =>
    {
        limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limiter.OnRejected = static (rejected, _) => new(Refuse(rejected));
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(http =>
            http.GetEndpoint()?.Metadata.GetMetadata<IAuthorizeData>() is null
                ? RateLimitPartition.GetNoLimiter("")
                : RateLimitPartition.GetTokenBucketLimiter(WhoOf(http, tokens), _ => new()
                {
                    TokenLimit = options.Burst,
                    TokensPerPeriod = Math.Max(1, (int)(options.RequestsPerSecond * Refill.TotalSeconds)),
                    ReplenishmentPeriod = options.RequestsPerSecond * Refill.TotalSeconds >= 1 ? Refill : TimeSpan.FromSeconds(1.0 / options.RequestsPerSecond),
                    QueueLimit = 0,
                }));
    });

    private static string WhoOf(HttpContext http, TokenOptions tokens) =>
        http.User.FindFirst(tokens.TenantClaim) is { } tenant ? $"tenant {tenant.Value}"
        : http.User.Identity is { IsAuthenticated: true, Name: { } user } ? $"user {user}"
        : $"address {http.Connection.RemoteIpAddress}";

    private static Task Refuse(OnRejectedContext rejected)
    {
        var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : Refill;
        var seconds = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds));
        return new Problem(StatusCodes.Status429TooManyRequests, "rate_limited", string.Create(CultureInfo.InvariantCulture, $"Too many requests: wait {seconds} s."))
        {
            RetryAfterSeconds = seconds,
        }.Write(rejected.HttpContext);
    }
}
