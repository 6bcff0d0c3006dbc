using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Monolith.Hosting;

/// <summary>Removes stored answers whose time is up, now and then.</summary>
internal sealed partial class RequestExpiry(IdempotentRequests requests, TimeProvider time, ILogger<RequestExpiry> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var again = new PeriodicTimer(Pause, time);
        while (await again.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await requests.Expire(stoppingToken);
            }
            catch (NpgsqlException error)
            {
                LogFailure(error);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Stored answers could not be removed; it is tried again later.")]
    private partial void LogFailure(Exception error);
}
