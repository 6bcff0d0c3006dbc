using Marten;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monolith.Accounts.ReadModels;
using Monolith.EventSourcing;

namespace Monolith.Accounts.Transfers;

/// <summary>
/// Goes on with transfers that <see cref="TransferRunner"/> had to leave: those of a tenant that was disabled, or of an account that was archived behind its back, at the wrong
/// moment. Every host does it; two that meet at one transfer do it no harm.
/// </summary>
internal sealed partial class TransferSweep(
    IDocumentStore documents, TransferProcess process, TransferOptions options, TimeProvider time, ILogger<TransferSweep> logger) : BackgroundService
{
    private const int AtOnce = 100;

    // A session needs the name of a tenant, although the query says that it asks for all. No tenant can have this one.
    private const string AllTenants = "*";

    /// <summary>Runs those that are old enough.</summary>
    /// <returns>How many there were.</returns>
    public async Task<int> Sweep(CancellationToken ct)
    {
        var left = await Left(ct);
        foreach (var (tenant, id) in left)
        {
            using var operation = new OperationContext(tenant, new() { Command = nameof(TransferSweep) }).Begin();
            try
            {
                await process.Run(id, ct);
            }
            catch (EventSourcingException error)
            {
                // The next sweep tries it again. Others must not wait for it.
                LogLeft(error, id, tenant, error.Code);
            }
        }

        return left.Count;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var pace = new PeriodicTimer(options.TransferSweep, time);
        while (await pace.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await Sweep(stoppingToken);
            }
            catch (Exception error) when (error is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                LogFailed(error);
            }
        }
    }

    // The oldest first. Those of all tenants, since one query for each tenant would be a thousand queries that find nothing.
    private async Task<IReadOnlyList<(string Tenant, Guid Id)>> Left(CancellationToken ct)
    {
        var before = time.GetUtcNow() - options.TransferSweep;
        await using var session = documents.QuerySession(AllTenants);
        var left = await session.Query<TransferSummary>()
            .Where(transfer => transfer.AnyTenant() && !transfer.IsFinal && transfer.RequestedAt < before)
            .OrderBy(transfer => transfer.Position)
            .Take(AtOnce)
            .ToListAsync(ct);
        return [.. left.Select(transfer => (transfer.Tenant, transfer.Id))];
    }

    [LoggerMessage(1, LogLevel.Warning, "Transfer {Transfer} of {Tenant} cannot go on yet: {Code}")]
    private partial void LogLeft(Exception error, Guid transfer, string tenant, string code);

    [LoggerMessage(2, LogLevel.Error, "Unfinished transfers could not be looked for; they are looked for again")]
    private partial void LogFailed(Exception error);
}
