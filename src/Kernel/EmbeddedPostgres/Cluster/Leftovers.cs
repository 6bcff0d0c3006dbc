using Microsoft.Extensions.Logging;

namespace Monolith.EmbeddedPostgres;

/// <summary>Ephemeral servers whose tests were killed: their lease is free.</summary>
internal static class Leftovers
{
    // A folder without a lease is being made at this moment, or its maker was killed in between.
    private static readonly TimeSpan TimeToTakeTheLease = TimeSpan.FromMinutes(10);

    /// <summary>Stops and deletes this user's. One that resists is left to the next start.</summary>
    public static async Task Sweep(PostgresBinaries binaries, ILogger logger, CancellationToken ct)
    {
        foreach (var parent in Folders.ForTemporaries().Where(Directory.Exists).Distinct())
        {
            foreach (var path in await Folders.OwnedByThisUser(parent, ClusterFolder.EphemeralPrefix + "*", ct))
            {
                try
                {
                    await SweepOne(new(path, Ephemeral: true), binaries, logger, ct);
                }
                catch (Exception error) when (error is IOException or UnauthorizedAccessException or EmbeddedPostgresException)
                {
                    logger.CouldNotSweepLeftover(path, error);
                }
            }
        }
    }

    private static async Task SweepOne(ClusterFolder folder, PostgresBinaries binaries, ILogger logger, CancellationToken ct)
    {
        if (!File.Exists(folder.Lease) && Directory.GetCreationTimeUtc(folder.Path) > DateTime.UtcNow - TimeToTakeTheLease)
        {
            return;
        }

        // The gate first: its maker holds it until the lease is taken.
        using (var gate = FileLock.TryExclusive(folder.Gate))
        using (var lease = gate is null ? null : FileLock.TryExclusive(folder.Lease))
        {
            if (lease is null)
            {
                return;
            }

            if (await Login.RunningPort(folder, ct) is not null)
            {
                var account = await ServerAccount.Choose(folder.User, last: null, ct);
                await new ServerProcess(folder, binaries, account, logger).Stop(StopMode.Immediate);
            }
        }

        if (folder.DeleteIfEphemeral())
        {
            logger.SweptLeftover(folder.Path);
        }
    }
}
