// Wires every module under src/Modules that is not wired yet: into the solution, the host and the architecture tests. Run it in the root of the repository,
// with "dotnet run build/add-modules.cs"; the template of a module does. Running it again changes nothing.
using System.Diagnostics;
using System.Text.RegularExpressions;

const string Solution = "Monolith.sln", HostProject = "src/Host/Monolith.Host.csproj", Program = "src/Host/Program.cs";
const string Table = "tests/Architecture.Tests/ReferenceTable.cs";

if (!File.Exists(Solution))
{
    Console.Error.WriteLine($"There is no {Solution} here: run this in the root of the repository.");
    return 1;
}

foreach (var module in Directory.GetDirectories("src/Modules").Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal))
{
    if (!AddToSolution(module))
    {
        return 1;
    }

    AddToHost(module);
    AddToTable(module);
}

return 0;

bool AddToSolution(string module)
{
    string[] projects =
    [
        $"src/Modules/{module}/Monolith.{module}.csproj",
        $"src/Modules/{module}/Contracts/Monolith.{module}.Contracts.csproj",
        $"tests/{module}.Tests/Monolith.{module}.Tests.csproj",
    ];
    var known = File.ReadAllText(Solution);
    string[] missing = [.. projects.Where(project => File.Exists(project) && !known.Contains($"\"Monolith.{Name(project)}\"", StringComparison.Ordinal))];
    if (missing.Length == 0)
    {
        return true;
    }

    foreach (var file in missing.SelectMany(project => Directory.EnumerateFiles(Path.GetDirectoryName(project)!, "*.cs", SearchOption.AllDirectories)))
    {
        File.WriteAllText(file, SortUsings(File.ReadAllText(file)));
    }

    using var added = Process.Start("dotnet", ["sln", Solution, "add", .. missing]);
    added.WaitForExit();
    return added.ExitCode == 0;
}

void AddToHost(string module)
{
    Edit(HostProject, text => Missing(text, $"../Modules/{module}/", () =>
        AfterLast(text, @"^ *<ProjectReference Include=""\.\./Modules/.*\r?\n", $"    <ProjectReference Include=\"../Modules/{module}/Monolith.{module}.csproj\" />\n")));
    Edit(Program, text => Missing(text, $"new {module}Module()", () =>
        SortUsings($"using Monolith.{module};\n" + Regex.Replace(text, @"(new \w+Module\(\))\);", $"$1,\n        new {module}Module());"))));
}

// What every module references; one that references more says so in its row.
void AddToTable(string module) => Edit(Table, text => Missing(text, $"src/Modules/{module}/Monolith.", () =>
{
    var named = AfterLast(
        text,
        @"^    private const string \w+ = ""src/Modules/.*\r?\n",
        $"    private const string {module} = \"src/Modules/{module}/Monolith.{module}.csproj\";\n"
        + $"    private const string {module}Contracts = \"src/Modules/{module}/Contracts/Monolith.{module}.Contracts.csproj\";\n");
    var rows = $"        new({module}Contracts, [Contracts], [], [], @\"^Monolith\\.Contracts$\"),\n        new({module}, [Hosting, {module}Contracts], [], [AspNetCore], ModuleAssemblies),\n";
    var listed = Regex.Replace(named, @"^        new\(\r?\n            Host,\r?\n            \[", rows.Replace("$", "$$", StringComparison.Ordinal) + $"        new(\n            Host,\n            [{module}, ", RegexOptions.Multiline);
    return listed;
}));

// As the formatter wants them, whatever the module is called: namespaces, then static ones, then aliases.
static string SortUsings(string text)
{
    const string Using = @"^using (?<what>[^(]*?);\r?\n";
    var lines = Regex.Matches(text, Using, RegexOptions.Multiline).Select(line => line.Groups["what"].Value)
        .OrderBy(what => what.Contains('=', StringComparison.Ordinal) ? 2 : what.StartsWith("static ", StringComparison.Ordinal) ? 1 : 0)
        .ThenBy(what => what.StartsWith("System", StringComparison.Ordinal) ? 0 : 1)
        .ThenBy(what => what, StringComparer.OrdinalIgnoreCase);
    return string.Concat(lines.Select(what => $"using {what};\n")) + Regex.Replace(text, Using, "", RegexOptions.Multiline);
}

static string Name(string project) => Path.GetFileNameWithoutExtension(project)["Monolith.".Length..];

static string Missing(string text, string mark, Func<string> add) => text.Contains(mark, StringComparison.Ordinal) ? text : add();

static string AfterLast(string text, string pattern, string line)
{
    var last = Regex.Matches(text, pattern, RegexOptions.Multiline)[^1];
    return text.Insert(last.Index + last.Length, line);
}

static void Edit(string path, Func<string, string> change)
{
    var before = File.ReadAllText(path);
    var after = change(before);
    if (after != before)
    {
        File.WriteAllText(path, after);
        Console.WriteLine($"{path} names it now.");
    }
}
