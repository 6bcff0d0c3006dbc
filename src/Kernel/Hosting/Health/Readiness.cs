using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Monolith.EventStore.Projections;
using Npgsql;

namespace Monolith.Hosting;

/// <summary><c>/health/live</c>: the process answers. <c>/health/ready</c>: it can do its work now.</summary>
internal static class Readiness
{
    private const string Tag = "ready";

    public static void AddReadiness(this IServiceCollection services, ShutdownOptions shutdown)
    {
        services.AddSingleton(shutdown);
        services.AddHostedService<Draining>();
        services.Configure<HostOptions>(options => options.ShutdownTimeout = shutdown.Within);
        services.AddHealthChecks()
            .AddCheck<StaysUp>("stopping", tags: [Tag])
            .AddCheck<DatabaseAnswers>("database", tags: [Tag], timeout: TimeSpan.FromSeconds(2))
            .AddCheck<ProjectionsRun>("projections", tags: [Tag]);
    }

    public static void MapReadiness(this WebApplication app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains(Tag) });
    }
}

/// <summary>Whether the database answers a statement.</summary>
internal sealed class DatabaseAnswers(NpgsqlDataSource dataSource) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var command = dataSource.CreateCommand("select 1");
            await command.ExecuteScalarAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (NpgsqlException error)
        {
            return HealthCheckResult.Unhealthy("The database does not answer.", error);
        }
    }
}

/// <summary>
/// Whether the projections that this host runs make progress. One that fails leaves the host ready: the others, all commands, and what is in the read
/// models still work.
/// </summary>
internal sealed class ProjectionsRun(ProjectionRunner runner) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var failing = runner.Statuses
            .Where(status => status.State == ProjectionState.Failing)
            .Select(status => $"{status.Projection} on {status.Shard}")
            .ToList();
        return Task.FromResult(failing.Count == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded($"Failing: {string.Join(", ", failing)}."));
    }
}
