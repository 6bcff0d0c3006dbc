using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Monolith.Hosting;
using Monolith.LoadTest.Reporting;

namespace Monolith.LoadTest.Hosts;

/// <summary>The host of this repository as it was built last, as a process in Development on a given database.</summary>
internal sealed partial class MonolithHost : IAsyncDisposable
{
    private const string FolderVariable = "MONOLITH_HOST";
    private const string Listening = "Monolith listens on ";
    private const int Terminate = 15;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly StringBuilder output = new();
    private readonly TaskCompletionSource<Uri> address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Process process;

    private MonolithHost(string folder, string connectionString)
    {
        Folder = folder;
        var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"));
        process = new()
        {
            StartInfo = new(dotnet, [Path.Combine(folder, "Monolith.Host.dll"), "--urls", "http://127.0.0.1:0", "--Telemetry:MetricsUrl="])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = Path.GetTempPath(),
                Environment = { ["ASPNETCORE_ENVIRONMENT"] = "Development", ["ConnectionStrings__Monolith"] = connectionString, ["Logging__LogLevel__Default"] = "Warning" },
            },
            EnableRaisingEvents = true,
        };
        process.OutputDataReceived += (_, line) => Read(line.Data);
        process.ErrorDataReceived += (_, line) => Read(line.Data);
        process.Exited += (_, _) => address.TrySetException(new UnsoundException($"The host ended:{Environment.NewLine}{output}"));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Where it was found.</summary>
    public string Folder { get; }

    public long Memory
    {
        get
        {
            process.Refresh();
            return process.HasExited ? 0 : process.WorkingSet64;
        }
    }

    /// <summary>What a host in Development on this machine believes, with the permissions for accounts.</summary>
    public static string Token() => DevelopmentIssuer.Open().Issue("demo", "load-test", ["accounts:read", "accounts:write"]);

    /// <summary>Starts it, and answers where it listens.</summary>
    public static async Task<(MonolithHost Host, Uri Url)> Start(string connectionString)
    {
        var host = new MonolithHost(Find(), connectionString);
        try
        {
            return (host, await host.address.Task.WaitAsync(Patience));
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            _ = OperatingSystem.IsWindows() ? 1 : SendSignal(process.Id, Terminate);
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!process.HasExited)
            {
                process.Kill();
            }
        }

        process.Dispose();
    }

    // What is shipped if it was built, else what was built.
    private static string Find()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } given)
        {
            return given;
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            foreach (var configuration in (string[])["Release", "Debug"])
            {
                var built = Path.Combine(folder.FullName, "src", "Host", "bin", configuration, "net10.0");
                if (File.Exists(Path.Combine(built, "Monolith.Host.dll")))
                {
                    return built;
                }
            }
        }

        throw new UnsoundException($"The host is not built: dotnet build -c Release src/Host. Or name the folder of a published one with {FolderVariable}, or a running one with --url.");
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SendSignal(int process, int signal);

    private void Read(string? line)
    {
        lock (output)
        {
            output.AppendLine(line);
        }

        if (line?.StartsWith(Listening, StringComparison.Ordinal) == true)
        {
            address.TrySetResult(new(line[Listening.Length..].Trim()));
        }
    }
}
