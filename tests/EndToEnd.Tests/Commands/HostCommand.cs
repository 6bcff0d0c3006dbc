using System.Diagnostics;
using System.Text.Json.Nodes;
using Monolith.EndToEnd.Tests.Processes;

namespace Monolith.EndToEnd.Tests.Commands;

/// <summary>A command of the published host, run as a process of its own, as an operator would run it.</summary>
public sealed record HostCommand(int ExitCode, string Output, string Errors)
{
    private const int Interruption = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <summary>Whether Ctrl+C reaches what is started here: a shell starts what runs in its background without.</summary>
    public static bool HasInterruptions => OperatingSystem.IsMacOS() || (OperatingSystem.IsLinux() && !IgnoresInterruptions());

    /// <summary>Whether <see cref="RunOnTerminal"/> can be called.</summary>
    public static bool HasTerminal => OperatingSystem.IsLinux() && File.Exists("/usr/bin/script");

    public JsonNode Json => JsonNode.Parse(Output)!;

    /// <summary>Runs it in Production on a database.</summary>
    public static Task<HostCommand> Run(string connectionString, params string[] words) => RunIn("Production", connectionString, words);

    /// <summary>Runs it in an environment, on a database if it needs one.</summary>
    public static Task<HostCommand> RunIn(string environment, string? connectionString, params string[] words) =>
        Run(new Dictionary<string, string?>(StringComparer.Ordinal) { ["ASPNETCORE_ENVIRONMENT"] = environment, ["ConnectionStrings__Monolith"] = connectionString }, words);

    /// <summary>Runs it in Production on a database until something has happened, and then presses Ctrl+C.</summary>
    public static Task<HostCommand> Interrupt(string connectionString, Func<Task> until, params string[] words) => Run(
        new Dictionary<string, string?>(StringComparer.Ordinal) { ["ASPNETCORE_ENVIRONMENT"] = "Production", ["ConnectionStrings__Monolith"] = connectionString },
        async process =>
        {
            await until();
            Assert.Equal(0, HostProcess.SendSignal(process.Id, Interruption));
        },
        words);

    /// <summary>Runs it in Production on a database and on a terminal, which the program script makes: what is to be seen there is the output.</summary>
    public static Task<HostCommand> RunOnTerminal(string connectionString, params string[] words) => Run(
        new Dictionary<string, string?>(StringComparer.Ordinal) { ["ASPNETCORE_ENVIRONMENT"] = "Production", ["ConnectionStrings__Monolith"] = connectionString, ["TERM"] = "xterm" },
        _ => Task.CompletedTask,
        words,
        onTerminal: true);

    /// <summary>Runs it with these variables of its environment.</summary>
    public static Task<HostCommand> Run(IEnumerable<KeyValuePair<string, string?>> variables, params string[] words) => Run(variables, _ => Task.CompletedTask, words);

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

    private static async Task<HostCommand> Run(IEnumerable<KeyValuePair<string, string?>> variables, Func<Process, Task> meanwhile, string[] words, bool onTerminal = false)
    {
        string[] call = [HostProcess.Dotnet, await PublishedHost.Program(), .. words];
        var start = new ProcessStartInfo(onTerminal ? "script" : call[0], onTerminal ? ["-qec", string.Join(' ', call), "/dev/null"] : call[1..])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        await meanwhile(process);
        await process.WaitForExitAsync(CancellationToken.None).WaitAsync(Patience, CancellationToken.None);
        return new(process.ExitCode, await output, await errors);
    }

    private static bool IgnoresInterruptions()
    {
        var ignored = File.ReadLines("/proc/self/status").Single(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)).Split('\t')[1];
        return (Convert.ToUInt64(ignored, 16) & (1UL << (Interruption - 1))) != 0;
    }
}
