using Npgsql;
using OpenTelemetry.Metrics;

namespace Monolith.Host;

/// <summary>The host's metrics, scraped by Prometheus from <c>/metrics</c>.</summary>
internal static class Telemetry
{
    public static void AddTelemetry(this WebApplicationBuilder builder) => builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics
        .AddMeter("Monolith.*", "Wolverine*")
        .AddAspNetCoreInstrumentation()
        .AddRuntimeInstrumentation()
        .AddNpgsqlInstrumentation()
        .AddPrometheusExporter());

    public static void MapTelemetry(this WebApplication app) => app.MapPrometheusScrapingEndpoint("/metrics");
}
