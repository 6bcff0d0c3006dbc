namespace Monolith.EmbeddedPostgres;

/// <summary>
/// A lock on a file that the operating system lets go when its process ends, however it ends. On Unix it is <c>flock</c>, so two
/// locks of one process exclude each other too.
/// </summary>
internal sealed class FileLock : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly FileStream stream;

    private FileLock(FileStream stream) => this.stream = stream;

    public static FileLock? TryExclusive(string path) => Try(path, FileAccess.ReadWrite, FileShare.None);

    public static FileLock? TryShared(string path) => Try(path, FileAccess.Read, FileShare.Read);

    /// <summary>Waits until nobody else holds the lock.</summary>
    /// <exception cref="EmbeddedPostgresException">It was held for longer than <paramref name="patience"/>.</exception>
    public static async Task<FileLock> Exclusive(string path, TimeSpan patience, CancellationToken ct)
    {
        var end = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        while (true)
        {
            if (TryExclusive(path) is { } taken)
            {
                return taken;
            }

            if (Environment.TickCount64 >= end)
            {
                throw new EmbeddedPostgresException($"Another process has held {path} for more than {patience}.");
            }

            await Task.Delay(Pause, ct);
        }
    }

    public void Dispose() => stream.Dispose();

    private static FileLock? Try(string path, FileAccess access, FileShare share)
    {
        try
        {
            return new(new FileStream(path, FileMode.OpenOrCreate, access, share, bufferSize: 1));
        }
        catch (IOException error) when (error is not (FileNotFoundException or DirectoryNotFoundException or PathTooLongException))
        {
            return null;
        }
    }
}
