using System.Diagnostics;

namespace Monolith.Architecture.Tests;

/// <summary>Runs the build itself, with the repository's own build files, on projects that break the rules.</summary>
public sealed class ForbiddenReferenceTests(ForbiddenReferenceTests.Builds builds) : IClassFixture<ForbiddenReferenceTests.Builds>
{
    [Theory]
    [InlineData("src/Modules/Orders/Monolith.Orders.csproj", "src/Modules/Users/Monolith.Users.csproj")]
    [InlineData("src/Modules/Orders/Monolith.Orders.csproj", "src/Host/Monolith.Host.csproj")]
    [InlineData("src/Modules/Orders/Monolith.Orders.csproj", "src/Kernel/Testing/Monolith.Testing.csproj")]
    [InlineData("src/Modules/Orders/Monolith.Orders.csproj", "Npgsql")]
    [InlineData("src/Modules/Orders/Monolith.Orders.csproj", "libs/Some.dll")]
    [InlineData("src/Modules/Orders/Contracts/Monolith.Orders.Contracts.csproj", "src/Modules/Orders/Monolith.Orders.csproj")]
    [InlineData("src/Modules/Orders/Contracts/Monolith.Orders.Contracts.csproj", "Marten")]
    [InlineData("src/Modules/Orders/Contracts/Monolith.Orders.Contracts.csproj", "Microsoft.AspNetCore.App")]
    [InlineData("src/Kernel/EventSourcing/Monolith.EventSourcing.csproj", "Microsoft.Extensions.Logging.Abstractions")]
    [InlineData("src/Kernel/EventStore/Monolith.EventStore.csproj", "src/Kernel/Hosting/Monolith.Hosting.csproj")]
    [InlineData("src/Kernel/EventStore/Monolith.EventStore.csproj", "Marten")]
    [InlineData("src/Kernel/Hosting/Monolith.Hosting.csproj", "src/Modules/Users/Monolith.Users.csproj")]
    [InlineData("src/Host/Monolith.Host.csproj", "src/Kernel/Testing/Monolith.Testing.csproj")]
    [InlineData("src/Host/Monolith.Host.csproj", "xunit.v3")]
    [InlineData("src/Elsewhere/Monolith.Elsewhere.csproj", "src/Kernel/EventSourcing/Monolith.EventSourcing.csproj")]
    public void A_reference_across_a_line_ends_the_build(string project, string reference)
    {
        var error = Assert.Single(builds.Errors, line => line.Contains($"error MONO001: {project} may not reference", StringComparison.Ordinal));

        Assert.Contains(reference, error.Split("may not reference ", 2)[1].Split(". ", 2)[0].Split(", "));
    }

    [Fact]
    public void A_module_may_reference_the_kernel_and_the_contracts_of_others() =>
        Assert.DoesNotContain(builds.Errors, line => line.Contains("Monolith.Lawful.csproj may not", StringComparison.Ordinal));

    [Fact]
    public void The_error_says_what_is_allowed() =>
        Assert.Contains(builds.Errors, line => line.Contains("A module may reference the kernel and the Contracts of modules, nothing else", StringComparison.Ordinal));

    [Fact]
    public void An_ordinary_build_is_refused_before_anything_is_compiled()
    {
        var (code, output) = builds.Run("build", "src/Modules/Orders/Monolith.Orders.csproj", "--no-restore");

        Assert.NotEqual(0, code);
        Assert.Contains("error MONO001", output, StringComparison.Ordinal);
        Assert.DoesNotContain("error NETSDK", output, StringComparison.Ordinal);
    }

    /// <summary>A folder with the real build files and unlawful projects; one run checks all of them.</summary>
    public sealed class Builds : IDisposable
    {
        private static readonly (string Project, string[] References)[] Projects =
        [
            ("src/Modules/Orders/Monolith.Orders.csproj",
                ["src/Modules/Users/Monolith.Users.csproj", "src/Host/Monolith.Host.csproj", "src/Kernel/Testing/Monolith.Testing.csproj", "Npgsql", "libs/Some.dll"]),
            ("src/Modules/Orders/Contracts/Monolith.Orders.Contracts.csproj", ["src/Modules/Orders/Monolith.Orders.csproj", "Marten", "Microsoft.AspNetCore.App"]),
            ("src/Modules/Lawful/Monolith.Lawful.csproj",
                ["src/Kernel/Hosting/Monolith.Hosting.csproj", "src/Modules/Users/Contracts/Monolith.Users.Contracts.csproj", "Microsoft.AspNetCore.App", "Meziantou.Analyzer"]),
            ("src/Kernel/EventSourcing/Monolith.EventSourcing.csproj", ["Microsoft.Extensions.Logging.Abstractions"]),
            ("src/Kernel/EventStore/Monolith.EventStore.csproj", ["src/Kernel/Hosting/Monolith.Hosting.csproj", "Marten"]),
            ("src/Kernel/Hosting/Monolith.Hosting.csproj", ["src/Modules/Users/Monolith.Users.csproj"]),
            ("src/Host/Monolith.Host.csproj", ["src/Kernel/Testing/Monolith.Testing.csproj", "xunit.v3"]),
            ("src/Elsewhere/Monolith.Elsewhere.csproj", ["src/Kernel/EventSourcing/Monolith.EventSourcing.csproj"]),
        ];

        private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("monolith-references-");

        public Builds()
        {
            string[] buildFiles = ["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "build/References.targets", "build/Packages.targets"];
            foreach (var file in buildFiles)
            {
                Write(file, File.ReadAllText(Path.Combine(Repository.Root, file)));
            }

            foreach (var (project, references) in Projects)
            {
                Write(project, $"""<Project Sdk="Microsoft.NET.Sdk"><ItemGroup>{string.Concat(references.Select(reference => Item(project, reference)))}</ItemGroup></Project>""");
            }

            Write(
                "all.proj",
                $"""
                <Project>
                  <Target Name="Check">
                    <MSBuild Projects="{string.Join(';', Projects.Select(project => project.Project))}" Targets="RefuseForbiddenReferences" ContinueOnError="true" />
                  </Target>
                </Project>
                """);
            Errors = [.. Run("msbuild", "all.proj", "-t:Check").Output.Split('\n').Where(line => line.Contains(": error ", StringComparison.Ordinal)).Distinct()];
        }

        public IReadOnlyList<string> Errors { get; }

        public (int Code, string Output) Run(params string[] arguments)
        {
            var start = new ProcessStartInfo("dotnet", [.. arguments, "-nologo", "-nodeReuse:false"]) { WorkingDirectory = folder.FullName, UseShellExecute = false, RedirectStandardOutput = true };

            // A test run hands its own MSBuild down to its children.
            foreach (var variable in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
            {
                start.Environment.Remove(variable);
            }

            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output);
        }

        public void Dispose() => folder.Delete(recursive: true);

        private static string Item(string project, string reference)
        {
            var up = string.Concat(Enumerable.Repeat("../", project.Count(letter => letter == '/')));
            return reference switch
            {
                _ when reference.EndsWith(".csproj", StringComparison.Ordinal) => $"""<ProjectReference Include="{up}{reference}" />""",
                _ when reference.EndsWith(".dll", StringComparison.Ordinal) => $"""<Reference Include="{reference}" />""",
                _ when reference.EndsWith(".App", StringComparison.Ordinal) => $"""<FrameworkReference Include="{reference}" />""",
                _ => $"""<PackageReference Include="{reference}" />""",
            };
        }

        private void Write(string file, string text)
        {
            var path = Path.Combine(folder.FullName, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }
    }
}
