using Microsoft.Extensions.Logging;

namespace Monolith.EmbeddedPostgres;

/// <summary>
/// One user's share in the server of a folder. Whoever starts or stops the server holds the gate; whoever uses it holds the lease,
/// shared. A lease that can be had exclusively behind the gate therefore has no user, and the last one out stops the server.
/// </summary>
internal sealed class SharedServer
{
    // Longer than the longest that anyone does behind the gate: a download.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(12);

    private readonly FileLock lease;

    private SharedServer(ServerProcess process, FileLock lease, int port, bool wasRunning)
    {
        Process = process;
        this.lease = lease;
        Port = port;
        WasRunning = wasRunning;
    }

    public ServerProcess Process { get; }

    public int Port { get; }

    public bool WasRunning { get; }

    public static async Task<SharedServer> Join(EmbeddedPostgresOptions options, Sources sources, ILogger logger, CancellationToken ct)
    {
        if (!options.Ephemeral)
        {
            var folder = ClusterFolder.At(options.DataDirectory ?? Path.Combine(Folders.Default(), "postgres"));
            var account = await ServerAccount.Choose(options.OperatingSystemUser, folder.User, ct);
            return await Join(folder, account, options, sources, logger, ct);
        }

        var own = await ServerAccount.Choose(options.OperatingSystemUser, last: null, ct);
        var joined = await Join(ClusterFolder.Temporary(own), own, options, sources, logger, ct);
        try
        {
            await Leftovers.Sweep(joined.Process.Binaries, logger, ct);
            return joined;
        }
        catch
        {
            await joined.Leave();
            throw;
        }
    }

    public async Task Crash(CancellationToken ct)
    {
        using var gate = await FileLock.Exclusive(Process.Folder.Gate, Patience, ct);
        await Process.Stop(StopMode.Immediate);
    }

    public async Task Restart(CancellationToken ct)
    {
        using var gate = await FileLock.Exclusive(Process.Folder.Gate, Patience, ct);
        var (port, _) = await Process.Start(Port, ct);
        if (port != Port)
        {
            throw new EmbeddedPostgresException($"The server in {Process.Folder.Path} runs on port {port} by now, no longer on {Port}.");
        }
    }

    public async Task Leave()
    {
        try
        {
            using (await FileLock.Exclusive(Process.Folder.Gate, Patience, CancellationToken.None))
            {
                lease.Dispose();
                await StopIfUnused(Process);
            }

            if (!Process.Folder.DeleteIfEphemeral())
            {
                Process.Logger.CouldNotDelete(Process.Folder.Path);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or EmbeddedPostgresException)
        {
            lease.Dispose();
            Process.Logger.LeavesAsItIs(Process.Folder.Path, error);
        }
    }

    private static async Task<SharedServer> Join(
        ClusterFolder folder, ServerAccount account, EmbeddedPostgresOptions options, Sources sources, ILogger logger, CancellationToken ct)
    {
        ServerProcess? process = null;
        using var gate = await Enter(folder, logger, ct);
        var held = FileLock.TryShared(folder.Lease)
            ?? throw new EmbeddedPostgresException($"Another program has locked {folder.Lease}.");
        try
        {
            var made = folder.Major;
            if (made is { } major && options.Version is { } wanted && wanted != major)
            {
                logger.VersionNotUsed(folder.Path, major, wanted);
            }

            var binaries = await sources.Find(made ?? options.Version, new Bundles(options.BundleDirectory, account, logger), account, ct);
            if (made is not null && folder.Password is null)
            {
                throw new EmbeddedPostgresException($"{folder.PasswordFile} is missing, without which the data beside it cannot be opened. Put it back.");
            }

            if (made is null)
            {
                await InitDb.Run(folder, binaries, account, ct);
            }

            process = new(folder, binaries, account, logger) { MaxConnections = options.MaxConnections };
            var (port, wasRunning) = await process.Start(null, ct);
            ct.ThrowIfCancellationRequested();
            if (wasRunning)
            {
                logger.Joined(binaries.Version, port, folder.Path);
            }
            else
            {
                logger.Started(binaries.Version, port, folder.Path);
            }

            return new(process, held, port, wasRunning);
        }
        catch
        {
            held.Dispose();
            if (process is not null)
            {
                await StopIfUnused(process);
            }

            folder.DeleteIfEphemeral();
            throw;
        }
    }

    private static async Task<FileLock> Enter(ClusterFolder folder, ILogger logger, CancellationToken ct)
    {
        if (FileLock.TryExclusive(folder.Gate) is { } gate)
        {
            return gate;
        }

        logger.WaitsForAnother(folder.Path);
        return await FileLock.Exclusive(folder.Gate, Patience, ct);
    }

    private static async Task StopIfUnused(ServerProcess process)
    {
        using var last = FileLock.TryExclusive(process.Folder.Lease);
        // A postmaster.pid alone is no proof: after a crash its number may belong to another program, which pg_ctl would end.
        if (last is not null && await Login.RunningPort(process.Folder, CancellationToken.None) is not null)
        {
            await process.Stop(process.Folder.Ephemeral ? StopMode.Immediate : StopMode.Fast);
        }
    }
}
