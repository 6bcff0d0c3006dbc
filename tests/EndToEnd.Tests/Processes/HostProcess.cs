using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Monolith.EndToEnd.Tests.Processes;

/// <summary>The published host as a process of its own, as an operator would start it.</summary>
public sealed partial class HostProcess : IAsyncDisposable
{
    private const string Listening = "Monolith listens on ";
    private const int Terminate = 15;
    private const int Continue = 18;
    private const int Suspension = 19;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly StringBuilder output = new();
    private readonly TaskCompletionSource<string> address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Process process;

    private HostProcess(string program, string environment, string[] settings, IReadOnlyDictionary<string, string>? variables = null)
    {
        var start = new ProcessStartInfo(Dotnet, [program, "--urls", "http://127.0.0.1:0", "--Telemetry:MetricsUrl=", .. settings])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
            Environment = { ["ASPNETCORE_ENVIRONMENT"] = environment },
        };
        foreach (var (name, value) in variables ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            start.Environment[name] = value;
        }

        process = new() { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) => Read(line.Data);
        process.ErrorDataReceived += (_, line) => Read(line.Data);
        process.Exited += (_, _) => address.TrySetException(new InvalidOperationException($"The host ended:{Environment.NewLine}{Output}"));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => process.Id;

    public TimeSpan ProcessorTime
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    /// <summary>Works for the tenant demo, as an operator. In Production nobody believes its token.</summary>
    public HttpClient Client { get; } = new() { DefaultRequestHeaders = { Authorization = Tokens.Bearer("demo", isOperator: true) } };

    public string Output
    {
        get
        {
            lock (output)
            {
                return output.ToString();
            }
        }
    }

    internal static string Dotnet => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"));

    /// <summary>A host in Development with its private server in the folder, once it listens.</summary>
    public static Task<HostProcess> Start(HostFolder folder) => Start("Development", $"--EmbeddedPostgres:DataDirectory={folder.Path}");

    /// <summary>A host with the settings, once it listens; in Production with what it needs there, unless the settings say otherwise.</summary>
    public static Task<HostProcess> Start(string environment, params string[] settings) => Start(environment, new Dictionary<string, string>(StringComparer.Ordinal), settings);

    /// <summary>The same, with variables of its environment.</summary>
    public static async Task<HostProcess> Start(string environment, IReadOnlyDictionary<string, string> variables, params string[] settings) => await Begun(
        new HostProcess(await PublishedHost.Program(), environment, environment == "Production" ? [.. ProductionSettings.All, .. settings] : settings, variables));

    /// <summary>A host whose settings are variables of its environment, all of them; once it listens.</summary>
    public static async Task<HostProcess> Start(IReadOnlyDictionary<string, string> variables) =>
        await Begun(new HostProcess(await PublishedHost.Program(), variables["ASPNETCORE_ENVIRONMENT"], [], variables));

    /// <summary>Runs a host that is expected to refuse; answers how it ended and what it said.</summary>
    public static async Task<(int ExitCode, string Output)> Refused(string environment, params string[] settings)
    {
        await using var host = new HostProcess(await PublishedHost.Program(), environment, settings);
        await host.Ended();
        return (host.process.ExitCode, host.Output);
    }

    /// <summary>As <c>kill -9</c>.</summary>
    public async Task Kill()
    {
        process.Kill();
        await Ended();
    }

    /// <summary>Stops it where it is (SIGSTOP): it hangs, and knows nothing of it.</summary>
    public void Suspend() => Assert.Equal(0, SendSignal(process.Id, Suspension));

    /// <summary>Lets it go on (SIGCONT).</summary>
    public void Resume() => Assert.Equal(0, SendSignal(process.Id, Continue));

    /// <summary>Asks it to stop, as a service manager does, and answers its exit code.</summary>
    public async Task<int> Stop()
    {
        Assert.Equal(0, SendSignal(process.Id, Terminate));
        await Ended();
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!process.HasExited)
        {
            Resume();
            await Stop();
        }

        process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int SendSignal(int process, int signal);

    private static async Task<HostProcess> Begun(HostProcess host)
    {
        try
        {
            host.Client.BaseAddress = new(await host.address.Task.WaitAsync(Patience, TestContext.Current.CancellationToken));
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    private Task Ended() => process.WaitForExitAsync(CancellationToken.None).WaitAsync(Patience, CancellationToken.None);

    private void Read(string? line)
    {
        lock (output)
        {
            output.AppendLine(line);
        }

        // A line of its own, or a member of an object.
        if (line?.IndexOf(Listening, StringComparison.Ordinal) is >= 0 and var begin)
        {
            address.TrySetResult(line[(begin + Listening.Length)..].Split(' ', '"')[0]);
        }
    }
}
