using Microsoft.Extensions.Hosting;
using Monolith.Hosting;

namespace Monolith.Webhooks.Delivering;

/// <summary>Refuses to start outside Development with settings that are for developers.</summary>
internal sealed class SafeStart(WebhookOptions options, IHostEnvironment environment) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (!environment.IsDevelopment() && options.AllowPrivateTargets)
        {
            throw new InvalidSettingException("Webhooks:AllowPrivateTargets is for Development: with it anybody who registers an endpoint reaches what lies inside.");
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
