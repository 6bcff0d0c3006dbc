using System.Diagnostics;
using System.Globalization;
using Monolith.LoadTest.Reporting;

namespace Monolith.LoadTest.Hosts;

/// <summary>A <see cref="ProjectingHost"/> as its parent sees it.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly TaskCompletionSource caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private HostProcess(Process process)
    {
        this.process = process;
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => caughtUp.TrySetException(new UnsoundException("The host ended before it had caught up."));
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data == ProjectingHost.CaughtUp)
            {
                caughtUp.TrySetResult();
            }
        };
        process.BeginOutputReadLine();
    }

    /// <summary>When it has projected what was stored when it began.</summary>
    public Task CaughtUp => caughtUp.Task;

    public static HostProcess Start(string connectionString, int version)
    {
        var self = Environment.ProcessPath!;
        var start = new ProcessStartInfo(self) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(self) == "dotnet")
        {
            start.ArgumentList.Add(typeof(HostProcess).Assembly.Location);
        }

        foreach (var argument in (string[])["host", "--version", version.ToString(CultureInfo.InvariantCulture)])
        {
            start.ArgumentList.Add(argument);
        }

        var started = Process.Start(start)!;
        started.StandardInput.WriteLine(connectionString);
        started.StandardInput.Flush();
        return new(started);
    }

    /// <summary>Resident memory in bytes, shared libraries included.</summary>
    public long Memory
    {
        get
        {
            process.Refresh();
            return process.HasExited ? 0 : process.WorkingSet64;
        }
    }

    /// <summary><c>kill -9</c>: it says goodbye to nobody.</summary>
    public async Task Kill()
    {
        caughtUp.TrySetCanceled();
        process.Kill();
        await process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        caughtUp.TrySetCanceled();
        _ = caughtUp.Task.Exception;
        if (!process.HasExited)
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync();
        }

        process.Dispose();
    }
}
