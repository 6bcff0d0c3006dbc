using System.Text.RegularExpressions;

namespace Monolith.Architecture.Tests;

public class ReferenceTableTests
{
    public static TheoryData<string> Projects => [.. Repository.SourceProjects];

    [Fact]
    public void The_table_has_a_row_for_each_project_of_src_and_no_other() =>
        Assert.Equal(Repository.SourceProjects, ReferenceTable.Rows.Select(row => row.Project).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_exactly_what_its_row_says(string project)
    {
        var row = Of(project);

        Assert.Equal(row.Projects.Order(StringComparer.Ordinal), Repository.References(project, "ProjectReference"));
        Assert.Equal(row.Packages.Order(StringComparer.Ordinal), Repository.References(project, "PackageReference"));
        Assert.Equal(row.Frameworks, Repository.References(project, "FrameworkReference"));
        Assert.Empty(Repository.References(project, "Reference"));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void The_code_of_a_project_uses_no_assembly_that_its_row_does_not_allow(string project)
    {
        var allowed = new Regex(Of(project).Assemblies, RegexOptions.None, TimeSpan.FromSeconds(1));

        var used = Repository.AssemblyOf(project).GetReferencedAssemblies().Select(assembly => assembly.Name!);

        Assert.DoesNotContain(used, name => !IsBaseLibrary(name) && !allowed.IsMatch(name));
    }

    private static bool IsBaseLibrary(string name) =>
        name is "System" or "mscorlib" or "netstandard" || name.StartsWith("System.", StringComparison.Ordinal);

    private static Row Of(string project) => ReferenceTable.Rows.Single(row => row.Project == project);
}
