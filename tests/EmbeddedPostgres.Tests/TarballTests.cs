using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace Monolith.EmbeddedPostgres.Tests;

public sealed class TarballTests : IDisposable
{
    private readonly TestFolder folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Target => folder.In("target");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Files_keep_their_mode_and_the_listed_links_are_made()
    {
        await Unpack(
            File("package/native/bin/postgres", "program", UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherExecute),
            File("package/native/lib/libicu.so.60.2", "library"),
            File("package/native/pg-symlinks.json", """[{"source":"native/lib/libicu.so.60.2","target":"native/lib/libicu.so.60"}]"""));

        Assert.Equal("library", await System.IO.File.ReadAllTextAsync(Path.Combine(Target, "native/lib/libicu.so.60"), Ct));
        Assert.Equal("libicu.so.60.2", new FileInfo(Path.Combine(Target, "native/lib/libicu.so.60")).LinkTarget);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherExecute,
                System.IO.File.GetUnixFileMode(Path.Combine(Target, "native/bin/postgres")));
        }
    }

    [Theory]
    [InlineData("package/../../outside")]
    [InlineData("package/native/../../outside")]
    [InlineData("package//etc/outside")]
    [InlineData("../outside")]
    [InlineData("/outside")]
    public async Task An_entry_outside_the_package_is_refused(string name)
    {
        await Assert.ThrowsAsync<EmbeddedPostgresException>(() => Unpack(File(name, "evil")));

        Assert.Empty(Directory.EnumerateFiles(folder.Path, "outside", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("native/lib/a", "../outside")]
    [InlineData("../../outside", "native/lib/a")]
    public async Task A_listed_link_that_leads_outside_is_refused(string source, string target)
    {
        var list = File("package/native/pg-symlinks.json", $$"""[{"source":"{{source}}","target":"{{target}}"}]""");

        await Assert.ThrowsAsync<EmbeddedPostgresException>(() => Unpack(list));
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    [InlineData(TarEntryType.Fifo)]
    public async Task An_entry_that_is_no_plain_file_is_refused(TarEntryType type)
    {
        var entry = new PaxTarEntry(type, "package/native/link");
        if (type is not TarEntryType.Fifo)
        {
            entry.LinkName = "/etc/passwd";
        }

        await Assert.ThrowsAsync<EmbeddedPostgresException>(() => Unpack(entry));
    }

    private static PaxTarEntry File(string name, string text, UnixFileMode mode = UnixFileMode.UserRead) =>
        new(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)), Mode = mode };

    private async Task Unpack(params TarEntry[] entries)
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        await using (var tar = new TarWriter(gzip))
        {
            foreach (var entry in entries)
            {
                await tar.WriteEntryAsync(entry, Ct);
            }
        }

        packed.Position = 0;
        Folders.Make(Target);
        await Tarball.Unpack(packed, Target, Ct);
    }
}
