using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Monolith.EmbeddedPostgres.Tests;

/// <summary>What another host tells about the server it started.</summary>
public sealed record Told(string? ConnectionString, string? DataDirectory, bool WasRunning, string? Error);

/// <summary>This test executable, run again as another host: it starts a server and keeps it until its input ends or it is killed.</summary>
public sealed class OtherHost : IAsyncDisposable
{
    public const string Argument = "other-host";

    public const string Ephemeral = "ephemeral";

    private readonly Process process;

    private OtherHost(Process process, Told told)
    {
        this.process = process;
        Told = told;
    }

    public Told Told { get; }

    public static async Task<OtherHost> Start(string directory, CancellationToken ct, string? temporaries = null, string? user = null, string? home = null)
    {
        var program = Path.Combine(home ?? AppContext.BaseDirectory, Path.GetFileName(Environment.ProcessPath!));
        var start = new ProcessStartInfo(program, [Argument, directory])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = home ?? AppContext.BaseDirectory,
        };
        start.Environment["DOTNET_ROOT"] = DotnetRoot;
        if (temporaries is not null)
        {
            start.Environment["TMPDIR"] = temporaries;
        }

        if (user is not null)
        {
            start.UserName = user;
            start.Environment["HOME"] = home;
        }

        var started = Process.Start(start)!;
        var line = await started.StandardOutput.ReadLineAsync(ct).AsTask().WaitAsync(TimeSpan.FromSeconds(60), ct);
        return new(started, JsonSerializer.Deserialize<Told>(line!)!);
    }

    public static string DotnetRoot => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));

    /// <summary>As <c>kill -9</c>.</summary>
    public async Task Kill(CancellationToken ct)
    {
        process.Kill();
        await process.WaitForExitAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        }

        process.Dispose();
    }

    internal static async Task<int> Run(string directory, string? user)
    {
        try
        {
            var ephemeral = directory == Ephemeral;
            await using var server = await EmbeddedPostgresServer.Start(
                new() { Ephemeral = ephemeral, DataDirectory = ephemeral ? null : directory, OperatingSystemUser = user });
            Tell(new(server.ConnectionString, server.DataDirectory, server.WasRunning, Error: null));
            await Console.In.ReadToEndAsync();
            return 0;
        }
        catch (EmbeddedPostgresException error)
        {
            Tell(new(null, null, false, error.Message));
            return 1;
        }
    }

    private static void Tell(Told told) => Console.WriteLine(JsonSerializer.Serialize(told));
}
