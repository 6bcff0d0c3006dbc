namespace Monolith.EndToEnd.Tests.Processes;

/// <summary>Where the private server of a host process keeps its files; deleted with the test. The user that root's server runs as may enter it.</summary>
public sealed class HostFolder : IDisposable
{
    public HostFolder()
    {
        Path = Directory.CreateTempSubdirectory("monolith-e2e-").FullName;
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path, File.GetUnixFileMode(Path) | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        }
    }

    public string Path { get; }

    /// <summary>Whether a server runs on it, or one that was killed has left its mark.</summary>
    public bool HasServer => Directory.EnumerateFiles(Path, "postmaster.pid", SearchOption.AllDirectories).Any();

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
