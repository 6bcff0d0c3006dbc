using System.Diagnostics;
using System.Text;

namespace Monolith.Benchmarks.Gate;

/// <summary>The load test, built beside this program and run on the same server.</summary>
internal static class LoadTestProcess
{
    /// <summary>Runs it to its end.</summary>
    /// <exception cref="FormatException">It did not end well, or did not say what it found.</exception>
    public static async Task<LoadTestResult> Run(IReadOnlyList<string> args)
    {
        var start = new ProcessStartInfo("dotnet", [Assembly(), .. args]) { RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment[Benchmark.ServerVariable] = await Benchmark.Server();
        using var process = Process.Start(start)!;
        var output = new StringBuilder();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            Console.WriteLine(line);
            output.Append(line).Append('\n');
        }

        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? LoadTestResult.Parse(output.ToString(), args[0])
            : throw new FormatException($"The load test {string.Join(' ', args)} ended with {process.ExitCode}.");
    }

    // bin/<configuration>/<framework> of this project, and the same of the other.
    private static string Assembly()
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var benchmarks = framework.Parent!.Parent!.Parent!.Parent!;
        return Path.Combine(benchmarks.FullName, "LoadTest", "bin", framework.Parent.Name, framework.Name, "Monolith.LoadTest.dll");
    }
}
