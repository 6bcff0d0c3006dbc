using System.Diagnostics;
using System.Text.Json.Nodes;
using Monolith.EndToEnd.Tests.Processes;

namespace Monolith.EndToEnd.Tests.Commands;

/// <summary>A command of the built host, run as a process of its own, as an operator would run it.</summary>
public sealed record HostCommand(int ExitCode, string Output, string Errors)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    public JsonNode Json => JsonNode.Parse(Output)!;

    /// <summary>Runs it in Production on a database.</summary>
    public static Task<HostCommand> Run(string connectionString, params string[] words) => RunIn("Production", connectionString, words);

    /// <summary>Runs it in an environment, on a database if it needs one.</summary>
    public static async Task<HostCommand> RunIn(string environment, string? connectionString, params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(HostProcess.Dotnet, [Path.Combine(AppContext.BaseDirectory, "Monolith.Host.dll"), .. words])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
            Environment = { ["ASPNETCORE_ENVIRONMENT"] = environment, ["ConnectionStrings__Monolith"] = connectionString },
        })!;
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None).WaitAsync(Patience, CancellationToken.None);
        return new(process.ExitCode, await output, await errors);
    }

    public HostCommand ShouldEnd(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"It ended with {ExitCode} instead of {exitCode}.\n{Output}\n{Errors}");
        return this;
    }

    /// <summary>It could not be done, and one line says why.</summary>
    public void ShouldFail(string reason)
    {
        ShouldEnd(2);
        Assert.Equal("", Output);
        Assert.Contains(reason, Assert.Single(Errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }
}
