using OpenTelemetry.Metrics;

namespace Monolith.Host;

/// <summary>
/// Serves <c>/metrics</c> at an address of its own, so that what Prometheus may reach is not what the world may reach. It starts before the API and ends after
/// it, so that a host that starts or drains can be watched.
/// </summary>
internal sealed partial class MetricsListener(Uri address, MeterProvider meters, ILoggerFactory loggers, ILogger<MetricsListener> logger) : IHostedLifecycleService, IAsyncDisposable
{
    public const string Path = "/metrics";
    private WebApplication? app;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        // Nothing of the host's configuration, whose addresses are those of the API.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddSingleton(loggers);
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().UseUrls(address.GetLeftPart(UriPartial.Authority)).ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        app = builder.Build();
        app.MapPrometheusScrapingEndpoint(Path, meters, configureBranchedPipeline: null, optionsName: null);
        await app.StartAsync(cancellationToken);
        LogServed(app.Urls.First() + Path);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => app?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (app is not null)
        {
            await app.DisposeAsync();
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Metrics are served at {Address}.")]
    private partial void LogServed(string address);
}
