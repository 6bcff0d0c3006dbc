using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Monolith.Architecture.Tests;

/// <summary>The working copy that these tests were built from, and what was built of it.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The project files of src, relative to the root, in order.</summary>
    public static IReadOnlyList<string> SourceProjects { get; } = [.. Directory
        .EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories)
        .Select(Relative)
        .Order(StringComparer.Ordinal)];

    public static IReadOnlyList<Assembly> SourceAssemblies { get; } = [.. SourceProjects.Select(AssemblyOf)];

    /// <summary>The assemblies of the modules, without their Contracts.</summary>
    public static IReadOnlyList<Assembly> Modules { get; } = [.. SourceProjects
        .Where(project => Regex.IsMatch(project, "^src/Modules/[^/]+/[^/]+$", RegexOptions.None, TimeSpan.FromSeconds(1)))
        .Select(AssemblyOf)];

    public static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    public static Assembly AssemblyOf(string project) => Assembly.Load(Path.GetFileNameWithoutExtension(project));

    /// <summary>The items of one kind in a project file: paths of projects relative to the root, names of packages and frameworks.</summary>
    public static IEnumerable<string> References(string project, string kind)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Root, project))!;
        return XDocument.Load(Path.Combine(Root, project)).Descendants(kind)
            .Select(item => item.Attribute("Include")!.Value)
            .Select(include => kind == "ProjectReference" ? Relative(Path.GetFullPath(Path.Combine(folder, include))) : include)
            .Order(StringComparer.Ordinal);
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Monolith.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("These tests run inside the repository, because they read its project files.");
        }

        return folder.FullName;
    }
}
