using System.Text.RegularExpressions;

namespace Monolith.Architecture.Tests;

/// <summary>Names are the field's. A name that fits anything says nothing.</summary>
public partial class NameTests
{
    private static readonly string[] EmptyFolders = ["Shared", "Common", "Utils", "Utilities", "Helpers", "BuildingBlocks", "Misc", "Infrastructure"];

    [Fact]
    public void No_type_is_called_manager_helper_service_impl_dto_base_or_util() =>
        Assert.Empty(Repository.SourceAssemblies
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => type.FullName!.StartsWith("Monolith.", StringComparison.Ordinal) && EmptyName().IsMatch(type.Name))
            .Select(type => type.FullName));

    [Fact]
    public void No_folder_is_called_shared_common_or_utils()
    {
        var folders = new[] { "src", "tests", "benchmarks" }
            .Select(folder => Path.Combine(Repository.Root, folder))
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories))
            .Select(Repository.Relative)
            .Where(folder => !folder.Split('/').Any(part => part is "bin" or "obj"));

        Assert.DoesNotContain(folders, folder => EmptyFolders.Contains(Path.GetFileName(folder), StringComparer.OrdinalIgnoreCase));
    }

    [GeneratedRegex("(Managers?|Helpers?|Service|Impl|Dtos?|DTO|Base|Utils?)(`[0-9]+)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex EmptyName();
}
