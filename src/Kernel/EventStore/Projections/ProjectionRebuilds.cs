using Microsoft.Extensions.Logging;

namespace Monolith.EventStore.Projections;

public sealed partial class ProjectionRunner
{
    private readonly RebuildReports reports;
    private readonly HashSet<string> shortOfDisk = new(StringComparer.Ordinal);
    private volatile IReadOnlyList<RebuildProgress> rebuilds = [];

    /// <summary>How far the rebuilds are, whoever runs them, as of the last heartbeat.</summary>
    public IReadOnlyList<RebuildProgress> Rebuilds => rebuilds;

    private async Task BeginRebuild(Projection projection, CancellationToken ct)
    {
        try
        {
            await operations.Rebuilding.Begin(projection, onlyIfOutdated: true, ct);
            shortOfDisk.Remove(projection.Name);
            LogRebuild(projection.Name, projection.Version);
            services.Attention.Fire();
        }
        catch (RebuildDiskException problem)
        {
            // Said once; it is tried again with every heartbeat, and queries see the old rows meanwhile.
            if (shortOfDisk.Add(projection.Name))
            {
                LogShortOfDisk(projection.Name, projection.Version, problem.Message);
            }
        }
    }

    // The host that would promote a rebuild is the one that reports on it.
    private async Task Report(HostView view, CancellationToken ct)
    {
        rebuilds = view.Checkpoints.Any(row => row.Key.IsShadow) ? await operations.Rebuilds(ct: ct) : [];
        reports.Tell([.. rebuilds.Where(IsMine)]);

        bool IsMine(RebuildProgress rebuild) =>
            view.Checkpoints.FirstOrDefault(row => row.Key.IsShadow && row.Key.Projection == rebuild.Projection)?.Owner == Host;
    }

    // What the rebuild has passed is stored first, so that it can be seen to have passed the live rows.
    private async Task Promote(Projection projection, Checkpoint shadow, CancellationToken ct)
    {
        var outcome = await operations.Promotion.Try(projection, shadow, MoveIdle, ct);
        if (outcome == PromotionOutcome.NotYet)
        {
            return;
        }

        if (outcome == PromotionOutcome.GivenUp)
        {
            LogGivenUp(projection.Name, shadow.TenantId!);
        }
        else if (shadow.TenantId is { } tenant)
        {
            LogTenantPromoted(projection.Name, tenant);
        }
        else
        {
            LogPromoted(projection.Name, projection.Version);
        }

        services.Changes?.Replaced(projection.Name, shadow.TenantId);
        services.Attention.Fire();
    }

    [LoggerMessage(40, LogLevel.Information, "The projection {Projection} is rebuilt beside its live rows, because its version is {Version} now.")]
    private partial void LogRebuild(string projection, int version);

    [LoggerMessage(52, LogLevel.Warning, "The projection {Projection} is not rebuilt to version {Version} yet: {Problem}")]
    private partial void LogShortOfDisk(string projection, int version, string problem);

    [LoggerMessage(43, LogLevel.Information, "The rebuild of the projection {Projection} to version {Version} has taken the place of the live rows.")]
    private partial void LogPromoted(string projection, int version);

    [LoggerMessage(50, LogLevel.Information, "The rebuild of the tenant {Tenant} in the projection {Projection} has taken the place of its live rows.")]
    private partial void LogTenantPromoted(string projection, string tenant);

    [LoggerMessage(51, LogLevel.Warning, "The rebuild of the tenant {Tenant} in the projection {Projection} is given up: it lies in another shard now.")]
    private partial void LogGivenUp(string projection, string tenant);
}
