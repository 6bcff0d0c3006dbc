using System.ComponentModel;
using System.Diagnostics;

namespace Monolith.EmbeddedPostgres;

/// <summary>How a program ended, and what it wrote to both its outputs.</summary>
internal sealed record CommandResult(int ExitCode, string Output)
{
    public bool Succeeded => ExitCode == 0;
}

/// <summary>One run of another program.</summary>
internal sealed record Command(string Program, params string[] Arguments)
{
    public required string WorkingDirectory { get; init; }

    /// <summary>The user it runs as; null: as this process.</summary>
    public string? User { get; init; }

    /// <summary>False where a grandchild lives on and would hold the pipe open.</summary>
    public bool CaptureOutput { get; init; } = true;

    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Waits for its end. A program that cannot be started is a result too; one that is cancelled or late is killed.</summary>
    public async Task<CommandResult> Run(CancellationToken ct)
    {
        using var process = new Process { StartInfo = StartInfo() };
        try
        {
            await Start(process, ct);
        }
        catch (Win32Exception error)
        {
            return new(-1, $"{Program}: {error.Message}");
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(Timeout);
        try
        {
            var output = CaptureOutput ? process.StandardOutput.ReadToEndAsync(deadline.Token) : Task.FromResult("");
            var errors = CaptureOutput ? process.StandardError.ReadToEndAsync(deadline.Token) : Task.FromResult("");
            await Task.WhenAll(output, errors, process.WaitForExitAsync(deadline.Token));
            return new(process.ExitCode, string.Concat(await output, await errors).Trim());
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            ct.ThrowIfCancellationRequested();
            return new(-1, $"{Program} did not end within {Timeout}.");
        }
    }

    /// <summary>
    /// A program that was just unpacked may be "busy": a process that another thread starts at that moment has its file open for
    /// writing until it runs its own program.
    /// </summary>
    private static async Task Start(Process process, CancellationToken ct)
    {
        const int TextFileBusy = 26;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                process.Start();
                return;
            }
            catch (Win32Exception busy) when (busy.NativeErrorCode == TextFileBusy && !OperatingSystem.IsWindows() && attempt < 20)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), ct);
            }
        }
    }

    private ProcessStartInfo StartInfo()
    {
        var start = new ProcessStartInfo(Program, Arguments)
        {
            WorkingDirectory = WorkingDirectory,
            UseShellExecute = false,
            // On Windows it gives the program a console of its own, so that Ctrl+C reaches the host and not the server.
            CreateNoWindow = true,
            RedirectStandardOutput = CaptureOutput,
            RedirectStandardError = CaptureOutput,
        };
        if (User is not null)
        {
            start.UserName = User;
        }

        // A PGDATA or PGPORT meant for another server would be obeyed; LC_ALL keeps every message in English and every machine alike.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["LC_ALL"] = "C";
        return start;
    }
}
