using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;

namespace Monolith.Architecture.Tests.Packages;

/// <summary>The two packages as <c>dotnet pack</c> makes them, in a folder that is deleted with the tests.</summary>
public sealed class Packed : IDisposable
{
    private static readonly string[] Projects = ["src/Kernel/EventSourcing", "src/Kernel/EventStore"];

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("monolith-packages-");

    public Packed()
    {
        // A version of its own: NuGet never restores a version anew that it has restored before.
        Version = "0.1.0-test." + Guid.NewGuid().ToString("N")[..12];
        foreach (var project in Projects)
        {
            Run("pack", project, "-c", "Release", "-o", Feed, "--artifacts-path", In("packing"), $"-p:Version={Version}", "-p:RunAnalyzers=false");
        }
    }

    public string Version { get; }

    /// <summary>The folder that holds the packages and nothing else.</summary>
    public string Feed => In("feed");

    public string In(string name) => Path.Combine(folder.FullName, name);

    /// <summary>The description of a package.</summary>
    public XElement Metadata(string package)
    {
        using var archive = Open(package);
        using var nuspec = archive.GetEntry(package + ".nuspec")!.Open();
        return XDocument.Load(nuspec).Root!.Elements().Single(element => element.Name.LocalName == "metadata");
    }

    public ZipArchive Open(string package) => ZipFile.OpenRead(Path.Combine(Feed, $"{package}.{Version}.nupkg"));

    /// <summary>Runs <c>dotnet</c> at the root of the repository, and fails with what it says when it fails.</summary>
    public static string Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = Repository.Root, UseShellExecute = false, RedirectStandardOutput = true };

        // A test run hands its own MSBuild down to its children.
        foreach (var variable in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(variable);
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)}\n{output}");
        return output;
    }

    public void Dispose() => folder.Delete(recursive: true);
}
