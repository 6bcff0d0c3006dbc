using System.Diagnostics;
using System.Reflection.PortableExecutable;
using System.Text;
using System.Xml.Linq;
using Monolith.Testing;

namespace Monolith.Architecture.Tests.Packages;

/// <summary>The packages are whole, drag nothing along, and serve a program that knows nothing else of this repository.</summary>
public sealed class PackageTests(Packed packed, PostgresFixture postgres) : IClassFixture<Packed>, IClassFixture<PostgresFixture>
{
    private const string Sample = "samples/EventStoreConsole";

    public static TheoryData<string, string[]> Dependencies => new()
    {
        { "Monolith.EventSourcing", [] },
        {
            "Monolith.EventStore",
            ["Microsoft.Extensions.Hosting.Abstractions", "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.Options", "Monolith.EventSourcing", "Npgsql"]
        },
    };

    public static TheoryData<string> Packages => ["Monolith.EventSourcing", "Monolith.EventStore"];

    [Theory]
    [MemberData(nameof(Dependencies))]
    public void A_package_depends_on_these_and_nothing_else(string package, string[] dependencies)
    {
        var group = Assert.Single(Named(packed.Metadata(package), "group"));

        Assert.Equal("net10.0", group.Attribute("targetFramework")!.Value);
        Assert.Equal(dependencies, Named(group, "dependency").Select(dependency => dependency.Attribute("id")!.Value).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(packed.Metadata(package).Descendants(), element => element.Name.LocalName is "frameworkReference" or "frameworkAssembly");
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_package_says_what_it_is_and_holds_its_documentation(string package)
    {
        var metadata = packed.Metadata(package);
        using var archive = packed.Open(package);

        Assert.All((string[])["description", "tags", "authors"], name => Assert.NotEmpty(Assert.Single(Named(metadata, name)).Value));
        Assert.Equal("README.md", Assert.Single(Named(metadata, "readme")).Value);
        Assert.Contains($"# {package}", Read(archive.GetEntry("README.md")!.Open()), StringComparison.Ordinal);
        Assert.Contains("<summary>", Read(archive.GetEntry($"lib/net10.0/{package}.xml")!.Open()), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void An_assembly_brings_its_symbols_and_no_path_of_the_machine_that_built_it(string package)
    {
        using var archive = packed.Open(package);
        using var copy = new MemoryStream();
        using (var entry = archive.GetEntry($"lib/net10.0/{package}.dll")!.Open())
        {
            entry.CopyTo(copy);
        }

        copy.Position = 0;
        using var assembly = new PEReader(copy);
        var entries = assembly.ReadDebugDirectory();
        Assert.Contains(entries, entry => entry.Type == DebugDirectoryEntryType.Reproducible);
        using var symbols = assembly.ReadEmbeddedPortablePdbDebugDirectoryData(Assert.Single(entries, entry => entry.Type == DebugDirectoryEntryType.EmbeddedPortablePdb));
        var reader = symbols.GetMetadataReader();
        Assert.All(reader.Documents, document => Assert.StartsWith("/_/", reader.GetString(reader.GetDocument(document).Name), StringComparison.Ordinal));
        Assert.DoesNotContain(Repository.Root, Encoding.UTF8.GetString(copy.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public void The_sample_is_under_sixty_lines() =>
        Assert.InRange(File.ReadAllLines(Path.Combine(Repository.Root, Sample, "Program.cs")).Length, 1, 59);

    [Fact]
    public async Task The_sample_runs_on_the_packages_alone()
    {
        await using var database = await postgres.CreateDatabase(TestContext.Current.CancellationToken);

        // Other packages come from where the build of these tests has put them already.
        var known = Packed.Run("nuget", "locals", "global-packages", "--list").Split(": ", 2)[1].Trim();
        Packed.Run(
            "build", Sample, "--artifacts-path", packed.In("sample"), $"-p:MonolithVersion={packed.Version}",
            $"-p:RestoreAdditionalProjectSources={packed.Feed}", $"-p:RestorePackagesPath={packed.In("restored")}", $"-p:RestoreFallbackFolders={known}");
        var built = Assert.Single(Directory.GetFiles(packed.In("sample"), "EventStoreConsole.dll", SearchOption.AllDirectories), file => file.Contains("/bin/", StringComparison.Ordinal));
        var output = Run(built, database.ConnectionString);

        Assert.Equal(
            [
                "refused: insufficient_funds",
                "now: AccountState { Holder = Ada, Balance = 20.50 }",
                "at version 2: AccountState { Holder = Ada, Balance = 25.50 }",
                "1 account.opened by ada",
                "2 account.moved by ada",
                "3 account.moved by ada",
            ],
            output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(
            ["Monolith.EventSourcing.dll", "Monolith.EventStore.dll"],
            Directory.GetFiles(Path.GetDirectoryName(built)!, "Monolith.*.dll").Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    private static string Run(string program, string connectionString)
    {
        var start = new ProcessStartInfo("dotnet", [program]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["EVENTSTORE_POSTGRES"] = connectionString;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output + errors.GetAwaiter().GetResult());
        return output;
    }

    private static IEnumerable<XElement> Named(XElement within, string name) => within.Descendants().Where(element => element.Name.LocalName == name);

    private static string Read(Stream entry)
    {
        using var reader = new StreamReader(entry);
        return reader.ReadToEnd();
    }
}
