namespace Monolith.EmbeddedPostgres;

/// <summary>Where files lie by default, and who may go there.</summary>
internal static class Folders
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode OthersMayEnter = OwnerOnly
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>
    /// Root's server runs as another user, who may not enter root's home; so root has a folder that everyone may enter.
    /// </summary>
    public static string Default()
    {
        if (!OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess)
        {
            return "/var/lib/monolith";
        }

        var local = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return Path.IsPathRooted(local)
            ? Path.Combine(local, "monolith")
            : throw new EmbeddedPostgresException(
                $"User {Environment.UserName} has no local application data folder: set HOME, or give {nameof(EmbeddedPostgresOptions.DataDirectory)}.");
    }

    /// <summary>Where ephemeral servers may lie, the best first.</summary>
    public static IEnumerable<string> ForTemporaries()
    {
        if (MemoryFileSystem.Folder is { } memory)
        {
            yield return memory;
        }

        yield return Real(Path.GetTempPath());
        if (!OperatingSystem.IsWindows())
        {
            // Root's TMPDIR may be root's alone.
            yield return Real("/tmp");
        }

        yield return Default();
    }

    /// <summary>Makes the folder and those above it, whatever the umask; a folder that exists keeps its mode.</summary>
    public static void Make(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        if (Path.GetDirectoryName(path) is { } parent)
        {
            Make(parent);
        }

        Directory.CreateDirectory(path);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, Environment.IsPrivilegedProcess ? OthersMayEnter : OwnerOnly);
        }
    }

    /// <summary>The first folder from the root down that others may not enter by its mode; null when there is none.</summary>
    public static string? ClosedToOthers(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        var above = Path.GetDirectoryName(path) is { } parent ? ClosedToOthers(parent) : null;
        return above ?? (Directory.Exists(path) && (File.GetUnixFileMode(path) & UnixFileMode.OtherExecute) == UnixFileMode.None ? path : null);
    }

    /// <summary>
    /// The folders of that name that this user owns. In a temporary folder anyone may lay a trap: a forged <c>postmaster.pid</c> would
    /// have us end another program.
    /// </summary>
    public static async Task<IReadOnlyList<string>> OwnedByThisUser(string parent, string pattern, CancellationToken ct)
    {
        var all = Directory.GetDirectories(parent, pattern);
        if (OperatingSystem.IsWindows() || all.Length == 0)
        {
            return all;
        }

        string[] arguments = [parent, "-maxdepth", "1", "-type", "d", "-user", Environment.UserName, "-name", pattern];
        var find = await new Command("find", arguments) { WorkingDirectory = "/" }.Run(ct);
        return find.Output.Split('\n').Intersect(all).ToList();
    }

    /// <summary>The path with every symbolic link in it followed, so that one folder has one name.</summary>
    public static string Real(string path)
    {
        path = Path.GetFullPath(path);
        if (Path.GetDirectoryName(path) is not { } parent)
        {
            return path;
        }

        var here = Path.Combine(Real(parent), Path.GetFileName(path));
        var target = new FileInfo(here).LinkTarget;
        return target is null ? here : Real(Path.Combine(Path.GetDirectoryName(here)!, target));
    }
}
