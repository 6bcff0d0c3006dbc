using Microsoft.Extensions.Logging;

namespace Monolith.EmbeddedPostgres;

/// <summary>
/// The <c>postmaster.pid</c> of a killed server. PostgreSQL refuses to start while a process with its number exists, and that process
/// may never end: the number now belongs to another program (a restarted container counts from 1 again), or the dead server is never
/// reaped (a container whose first process does not do that).
/// </summary>
/// <remarks>
/// Deleting the file beside a living server, or beside a child of a killed one that still writes, destroys the data. Every process of
/// a server works in its data folder, so the file goes only when Linux shows no process there.
/// </remarks>
internal static class StalePidFile
{
    /// <summary>Deletes the file if no process works in the data folder. Does nothing where that cannot be seen.</summary>
    public static void DeleteIfNobodyIsThere(ClusterFolder folder, ILogger logger)
    {
        if (OperatingSystem.IsLinux() && Directory.Exists("/proc/self") && !Directory.EnumerateDirectories("/proc").Any(process => WorksIn(process, folder.Data)))
        {
            logger.DeletesStaleFile(folder.PostmasterPid);
            File.Delete(folder.PostmasterPid);
        }
    }

    private static bool WorksIn(string process, string directory)
    {
        if (!char.IsAsciiDigit(Path.GetFileName(process)[0]))
        {
            return false;
        }

        try
        {
            return new FileInfo(Path.Combine(process, "cwd")).LinkTarget == directory;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It ended meanwhile, or is another user's: the server would run as us, or we are root and see everyone's.
            return false;
        }
    }
}
