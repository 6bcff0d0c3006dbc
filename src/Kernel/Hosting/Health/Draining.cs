using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Monolith.Hosting;

/// <summary>How the host stops.</summary>
public sealed class ShutdownOptions
{
    /// <summary>
    /// How long the host still serves after <c>/health/ready</c> has begun to say no, so that whoever sends requests here has noticed. Longer than the interval at which that looks.
    /// </summary>
    public TimeSpan ReadinessOffFor { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long stopping may take in all, that included: what is not done then is given up. Shorter than the patience of whoever stops the host.</summary>
    public TimeSpan Within { get; set; } = TimeSpan.FromSeconds(9);

    /// <summary>Throws unless every value is in its range.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it.</exception>
    public void Validate()
    {
        Check(Within >= TimeSpan.FromSeconds(1) && Within <= TimeSpan.FromMinutes(10), nameof(Within), "1 second to 10 minutes");
        Check(ReadinessOffFor >= TimeSpan.Zero && ReadinessOffFor < Within, nameof(ReadinessOffFor), "0 or more, and less than Within");
    }

    private static void Check(bool valid, string name, string expected)
    {
        if (!valid)
        {
            throw new ArgumentException($"Shutdown:{name} is out of range; expected {expected}.", name);
        }
    }
}

/// <summary>Says that the host is not ready any more as soon as it is told to stop.</summary>
internal sealed class StaysUp(IHostApplicationLifetime lifetime) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(lifetime.ApplicationStopping.IsCancellationRequested ? HealthCheckResult.Unhealthy("The host is stopping.") : HealthCheckResult.Healthy());
}

/// <summary>Keeps everything as it is for a while after the host was told to stop. Then the server takes no more requests and ends those it has, and projections give their shards back.</summary>
internal sealed partial class Draining(ShutdownOptions options, TimeProvider time, ILogger<Draining> logger) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        LogStopping(options.ReadinessOffFor);
        await Task.Delay(options.ReadinessOffFor, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1, LogLevel.Information, "The host stops. It is not ready any more, and serves on for {Time}.")]
    private partial void LogStopping(TimeSpan time);
}
