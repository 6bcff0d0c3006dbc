using Marten;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Monolith.Webhooks.Delivering;

/// <summary>
/// Removes from the delivery log what is older than it is kept, and what is still known of the failures of endpoints that are no more: one that is would have been paused by then. Several hosts may
/// do it at once.
/// </summary>
internal sealed partial class DeliveryCleaning(IDocumentStore documents, WebhookOptions options, TimeProvider time, ILogger<DeliveryCleaning> logger)
    : BackgroundService
{
    private static readonly TimeSpan Between = TimeSpan.FromHours(1);

    /// <summary>Removes it once.</summary>
    public async Task Clean(CancellationToken ct)
    {
        var before = time.GetUtcNow() - options.KeepFor;

        // Of every tenant, those included that are no more: so no tenant is the session's own.
        await using var session = documents.LightweightSession("every tenant");
        Remove(session, before);
        var forgotten = before - options.PauseAfter;
        session.DeleteWhere<EndpointHealth>(health => health.AnyTenant() && health.FailingSince < forgotten);
        await session.SaveChangesAsync(ct);
    }

    internal static void Remove(IDocumentSession session, DateTimeOffset before) =>
        session.DeleteWhere<Delivery>(delivery => delivery.AnyTenant() && delivery.OccurredAt < before);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Between, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await Clean(stoppingToken);
            }
            catch (Exception problem) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotCleaned(problem);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The delivery log could not be cleaned. It is tried again within the hour.")]
    private partial void LogNotCleaned(Exception problem);
}
