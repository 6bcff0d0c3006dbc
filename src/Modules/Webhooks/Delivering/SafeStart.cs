using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Monolith.Hosting;

namespace Monolith.Webhooks.Delivering;

/// <summary>Refuses to start outside Development with settings that are for developers.</summary>
internal sealed class SafeStart(WebhookOptions options, IOptions<KeyManagementOptions> keys, IHostEnvironment environment) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (!environment.IsDevelopment() && options.AllowPrivateTargets)
        {
            throw new InvalidSettingException("Webhooks:AllowPrivateTargets is for Development: with it anybody who registers an endpoint reaches what lies inside.");
        }

        if (environment.IsProduction() && keys.Value.XmlRepository is null)
        {
            throw new InvalidSettingException(
                "Webhooks:KeyDirectory is missing: a folder that all hosts share and nobody else reads, for the keys that encrypt the secrets of endpoints. "
                + "Without kept keys they could not be decrypted after a restart.");
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
