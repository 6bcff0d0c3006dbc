using System.Diagnostics;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Monolith.EndToEnd.Tests.Processes;

/// <summary>
/// nginx with the configuration of ops/proxy, but for where it listens (a socket in a folder of its own, so that it takes nobody's port), where it writes, and how it finds the hosts: by
/// their addresses, where the container asks the name server.
/// </summary>
internal sealed partial class NginxProxy : Proxy
{
    private const int Reload = 1;
    private const int Terminate = 15;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly HostFolder folder = new();
    private readonly string program;
    private Process? process;

    private NginxProxy(string program) => this.program = program;

    /// <summary>Where it is installed; null for nowhere.</summary>
    public static string? Program { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/sbin")
        .Select(directory => Path.Combine(directory, "nginx")).FirstOrDefault(File.Exists);

    private string Configuration => Path.Combine(folder.Path, "nginx.conf");

    private string Socket => Path.Combine(folder.Path, "nginx.sock");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Starts it before these hosts.</summary>
    public static async Task<NginxProxy> Start(string program, params Uri[] hosts)
    {
        var nginx = new NginxProxy(program);
        try
        {
            await nginx.Write(hosts);
            nginx.process = nginx.Run("daemon off;");
            await nginx.Listening();
            return nginx;
        }
        catch
        {
            await nginx.DisposeAsync();
            throw;
        }
    }

    public override HttpClient NewClient() => new(new SocketsHttpHandler { ConnectCallback = (_, ct) => Connect(ct) }) { BaseAddress = new("http://hosts") };

    public override async Task Use(params Uri[] hosts)
    {
        await Write(hosts);
        Assert.Equal(0, HostProcess.SendSignal(process!.Id, Reload));
    }

    public override async ValueTask DisposeAsync()
    {
        if (process is { HasExited: false })
        {
            // Not killed: that would leave its workers behind.
            Assert.Equal(0, HostProcess.SendSignal(process.Id, Terminate));
            await process.WaitForExitAsync(CancellationToken.None);
        }

        process?.Dispose();
        folder.Dispose();
    }

    // What it says goes to the output of the tests.
    private Process Run(string directives) => Process.Start(new ProcessStartInfo(program, ["-e", "stderr", "-p", folder.Path, "-c", Configuration, "-g", directives]) { UseShellExecute = false })!;

    private async Task Write(Uri[] hosts)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "ops", "proxy", "nginx.conf"), Ct);
        var servers = hosts.Select(host => $"server {host.Authority}");
        text = Replace(text, ServerPattern(), match => string.Join('\n', servers.Select(server => $"{server} {match.Groups["rules"].Value};")));
        text = Replace(text, ResolverPattern(), _ => "access_log off;");
        text = Replace(text, ListenPattern(), _ => $"listen unix:{Socket};");
        await File.WriteAllTextAsync(Configuration, text.Replace(" /tmp/", $" {folder.Path}/", StringComparison.Ordinal), Ct);
    }

    private static string Replace(string text, Regex line, MatchEvaluator by)
    {
        Assert.Single(line.Matches(text));
        return line.Replace(text, by);
    }

    private async Task Listening()
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        deadline.CancelAfter(Patience);
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            Assert.False(process!.HasExited, "nginx does not take the configuration.");
            try
            {
                await using var connection = await Connect(deadline.Token);
                return;
            }
            catch (SocketException)
            {
                await again.WaitForNextTickAsync(deadline.Token);
            }
        }
    }

    private async ValueTask<Stream> Connect(CancellationToken ct)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    [GeneratedRegex("server host:8080 resolve (?<rules>[^;]+);", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ServerPattern();

    [GeneratedRegex("resolver [^;]+;", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ResolverPattern();

    [GeneratedRegex("listen 8080;", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ListenPattern();
}
