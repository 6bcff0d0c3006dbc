using System.Diagnostics.Metrics;
using Npgsql;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Monolith.Host;

/// <summary>The host's metrics, scraped by Prometheus, and its traces, sent to whoever is configured.</summary>
internal static class Telemetry
{
    private const string ServiceName = "monolith";
    private const string OutgoingHttp = "System.Net.Http";

    // Wolverine measures in milliseconds, and by tenant.
    private static readonly double[] Milliseconds = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

    public static void AddTelemetry(this WebApplicationBuilder builder, string[] args)
    {
        var settings = TelemetrySettings.Read(builder.Configuration, builder.Environment);
        builder.Services.AddSingleton(settings);
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(ServiceName, serviceVersion: typeof(Telemetry).Assembly.GetName().Version?.ToString(3)))
            .WithMetrics(metrics => metrics
                .AddMeter("Monolith.*", "Wolverine*", OutgoingHttp)
                .AddView(OfWolverine)
                .AddView(OfOutgoingHttp)
                .AddAspNetCoreInstrumentation()
                .AddRuntimeInstrumentation()
                .AddNpgsqlInstrumentation()
                .AddPrometheusExporter());
        if (settings.OtlpEndpoint is { } endpoint)
        {
            // A path is part of the address only over HTTP; the standard variables say everything else.
            telemetry.WithTracing(traces => traces.AddSources().AddOtlpExporter(options => options.Endpoint = endpoint));
        }

        if (settings.MetricsUrl is { } address && CommandLine.StartsHost(args))
        {
            builder.Services.AddHostedService(provider => ActivatorUtilities.CreateInstance<MetricsListener>(provider, address));
        }

        if (settings.JsonLogs)
        {
            builder.Logging.AddJsonConsole(json => json.IncludeScopes = true);
        }
    }

    /// <summary>What a trace is made of: requests, messages, the store's work, statements, and calls of others over HTTP.</summary>
    public static TracerProviderBuilder AddSources(this TracerProviderBuilder traces) => traces
        .AddSource("Monolith.*", "Wolverine", OutgoingHttp)
        .AddAspNetCoreInstrumentation()
        .AddNpgsql();

    private static MetricStreamConfiguration? OfWolverine(Instrument instrument)
    {
        if (!instrument.Meter.Name.StartsWith("Wolverine", StringComparison.Ordinal))
        {
            return null;
        }

        var isHistogram = instrument.GetType().GetGenericTypeDefinition() == typeof(Histogram<>);
        var view = isHistogram ? new ExplicitBucketHistogramConfiguration { Boundaries = Milliseconds } : new MetricStreamConfiguration();
        view.TagKeys = ["message.type", "message.destination", "exception.type"];
        return view;
    }

    // Calls of webhooks and of the collector of traces, without whom they go to: that is anybody.
    private static MetricStreamConfiguration? OfOutgoingHttp(Instrument instrument) =>
        instrument.Meter.Name != OutgoingHttp ? null
        : instrument.Name == "http.client.request.duration" ? new() { TagKeys = ["http.request.method", "http.response.status_code", "error.type"] }
        : MetricStreamConfiguration.Drop;

    public static void MapTelemetry(this WebApplication app)
    {
        if (app.Services.GetRequiredService<TelemetrySettings>().MetricsUrl is null)
        {
            app.MapPrometheusScrapingEndpoint(MetricsListener.Path);
        }
    }
}
