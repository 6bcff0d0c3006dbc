namespace Monolith.EmbeddedPostgres.Tests;

/// <summary>A folder of a test, deleted with it. The user that a root's server runs as may enter it.</summary>
public sealed class TestFolder : IDisposable
{
    public TestFolder()
    {
        Path = Folders.Real(Directory.CreateTempSubdirectory("monolith-tests-").FullName);
        if (!OperatingSystem.IsWindows())
        {
            const UnixFileMode ReadAndEnter = UnixFileMode.OtherRead | UnixFileMode.OtherExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;
            File.SetUnixFileMode(Path, File.GetUnixFileMode(Path) | ReadAndEnter);
        }
    }

    public string Path { get; }

    public string In(params string[] names) => System.IO.Path.Combine([Path, .. names]);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
