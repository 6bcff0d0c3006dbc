using System.Globalization;

namespace Monolith.EmbeddedPostgres;

/// <summary>The file system in memory that Linux has for everyone, for the servers of tests.</summary>
/// <remarks>
/// Tests make and drop databases of hundreds of files each. On ext4 that alone takes half of their time: it gives no inode away again that was deleted shortly
/// before, and passes by all of those one by one whenever a file is made (<c>recently_deleted</c> in the kernel's <c>fs/ext4/ialloc.c</c>).
/// </remarks>
internal static class MemoryFileSystem
{
    // Several servers are started by one run of tests, and each takes some hundred megabytes.
    private const long LeastRoom = 4L << 30;

    // What lies there is taken from the programs.
    private const long LeastMemory = 2 * LeastRoom;

    private const string Shared = "/dev/shm";

    /// <summary>Where it is; null where there is none.</summary>
    public static string? Folder { get; } = OperatingSystem.IsLinux() && Directory.Exists(Shared) && new DriveInfo(Shared).DriveFormat == "tmpfs" ? Shared : null;

    /// <summary>Whether a server should lie there: everyone may write there, there is enough room and memory, and nobody has named another place by <c>TMPDIR</c>.</summary>
    public static bool IsPreferred() => Folder is not null
        && IsOpenToAll(Folder)
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("TMPDIR"))
        && new DriveInfo(Folder).AvailableFreeSpace >= LeastRoom
        && Math.Min(AvailableMemory(), GC.GetGCMemoryInfo().TotalAvailableMemoryBytes) >= LeastMemory;

    // A hardened machine may keep it to root.
    private static bool IsOpenToAll(string folder) => !OperatingSystem.IsWindows() && (File.GetUnixFileMode(folder) & UnixFileMode.OtherWrite) != UnixFileMode.None;

    // Of the machine, none where it does not tell; a container's limit is known to the garbage collector.
    private static long AvailableMemory()
    {
        const string Name = "MemAvailable:";
        const string Unit = "kB";
        try
        {
            var line = File.ReadLines("/proc/meminfo").FirstOrDefault(line => line.StartsWith(Name, StringComparison.Ordinal));
            return line is not null && long.TryParse(line[Name.Length..].Replace(Unit, "", StringComparison.Ordinal), CultureInfo.InvariantCulture, out var kilobytes)
                ? kilobytes << 10
                : 0;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
