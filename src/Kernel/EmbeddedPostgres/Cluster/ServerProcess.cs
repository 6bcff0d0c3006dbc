using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Monolith.EmbeddedPostgres;

/// <summary>How a server ends.</summary>
internal enum StopMode
{
    /// <summary>Sessions are ended and a checkpoint is written.</summary>
    Fast,

    /// <summary>As in a crash.</summary>
    Immediate,
}

/// <summary>Starts and stops the server of one folder. The caller holds the folder's gate.</summary>
internal sealed record ServerProcess(ClusterFolder Folder, PostgresBinaries Binaries, ServerAccount Account, ILogger Logger)
{
    /// <summary>How many sessions it allows when it is started.</summary>
    public int MaxConnections { get; init; } = new EmbeddedPostgresOptions().MaxConnections;

    /// <summary>A killed server's children and its unreaped process hold the data for a second or two.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>After which a process that holds the data is taken for another program with the same number.</summary>
    private static readonly TimeSpan TimeToBeReaped = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Starts the server on the wanted port, else on the one it had last, else on any free one; or finds it running.</summary>
    /// <exception cref="EmbeddedPostgresException">It did not start; the message has the end of its log.</exception>
    public async Task<(int Port, bool WasRunning)> Start(int? wantedPort, CancellationToken ct)
    {
        var waited = Stopwatch.StartNew();
        var port = wantedPort ?? Folder.LastPort;
        while (true)
        {
            if (await Login.RunningPort(Folder, ct) is { } running)
            {
                return (running, true);
            }

            port = wantedPort ?? (port is { } last && IsFree(last) ? last : FreePort());
            Folder.PrepareLog();
            await Account.TakeOver(ct, Folder.Data, Folder.Log, Folder.PasswordFile);
            Folder.User = Account.User ?? Environment.UserName;
            Folder.LastPort = port;
            var answer = await PgCtl(Account.User, ["start", "-w", "-t", "120", "-l", Folder.Log, "-o", Settings(port.Value)]);
            if (answer.Succeeded)
            {
                return (port.Value, false);
            }

            var another = !IsFree(port.Value) && wantedPort is null;
            var held = File.Exists(Folder.PostmasterPid) || !IsFree(port.Value);
            if (waited.Elapsed > Patience || !(another || held))
            {
                throw new EmbeddedPostgresException(
                    $"PostgreSQL {Binaries.Version} of {Binaries.Directory} did not start in {Folder.Path}.{Account.Hint(Folder.Path)} "
                    + $"{answer.Output}{Environment.NewLine}The end of {Folder.Log}:{Environment.NewLine}{Folder.LogTail()}");
            }

            if (waited.Elapsed > TimeToBeReaped)
            {
                StalePidFile.DeleteIfNobodyIsThere(Folder, Logger);
            }

            Logger.CannotStartYet(port.Value, Folder.Path);
            await Task.Delay(Pause, ct);
        }
    }

    /// <summary>Stops the server. A failure is logged only: the next start deals with what is left.</summary>
    public async Task Stop(StopMode mode)
    {
        // The user it was started as, who need not be the one that was asked for now.
        var user = Account.User is null ? null : Folder.User ?? Account.User;
        var answer = await PgCtl(user, ["stop", "-w", "-t", "60", "-m", mode == StopMode.Fast ? "fast" : "immediate"]);
        if (!answer.Succeeded && File.Exists(Folder.PostmasterPid))
        {
            Logger.CouldNotStop(Folder.Path, answer.Output);
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    // Not cancelled: a half-started server would be left behind without anyone to stop it.
    private Task<CommandResult> PgCtl(string? user, string[] arguments) =>
        new Command(Binaries.PgCtl, [.. arguments, "-D", Folder.Data])
        {
            WorkingDirectory = Folder.Path,
            User = user,
            CaptureOutput = !OperatingSystem.IsWindows(),
            Timeout = TimeSpan.FromMinutes(3),
        }.Run(CancellationToken.None);

    private string Settings(int port)
    {
        // On the command line, so that they also hold in a folder that an older version of this library made.
        var settings = $"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c timezone=UTC -c log_timezone=UTC -c max_connections={MaxConnections}";
        return Folder.Ephemeral ? settings + " -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_wal_size=256MB" : settings;
    }
}
