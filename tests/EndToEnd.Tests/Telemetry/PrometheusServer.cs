using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Monolith.EndToEnd.Tests.Telemetry;

/// <summary>
/// A real Prometheus on the loopback that scrapes one host every second, under the rules of the repository with shorter times: what they look back on is 8 s,
/// and what they wait for is a second. It keeps its data in a folder that goes with it.
/// </summary>
internal sealed partial class PrometheusServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("monolith-prometheus-");
    private readonly HttpClient client = new();
    private Process? process;

    private PrometheusServer()
    {
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<PrometheusServer> Start(Uri metrics)
    {
        var program = Tool.Require("prometheus");
        var server = new PrometheusServer();
        try
        {
            await server.Run(program, metrics);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>What an expression finds now.</summary>
    public async Task<JsonArray> Query(string expression) =>
        (await Get($"/api/v1/query?query={Uri.EscapeDataString(expression)}"))["result"]!.AsArray();

    /// <summary>The expressions of all rules, by the name of what they record or raise.</summary>
    public async Task<IReadOnlyList<(string Name, bool IsAlert, string Expression)>> Rules() =>
    [
        .. (await Get("/api/v1/rules"))["groups"]!.AsArray().SelectMany(group => group!["rules"]!.AsArray()).Select(rule =>
            (rule!["name"]!.GetValue<string>(), rule["type"]!.GetValue<string>() == "alerting", rule["query"]!.GetValue<string>())),
    ];

    /// <summary>Waits until an alert is raised whose labels have the values.</summary>
    public Task Raised(string alert, params (string Label, string Value)[] labels) => Until(
        async () => (await Get("/api/v1/alerts"))["alerts"]!.AsArray().Any(raised =>
            raised!["state"]!.GetValue<string>() == "firing"
            && raised["labels"]!["alertname"]!.GetValue<string>() == alert
            && Array.TrueForAll(labels, label => raised["labels"]![label.Label]?.GetValue<string>() == label.Value)),
        $"{alert} is raised");

    public Task Until(Func<Task<bool>> condition, string what) => Until(condition, () => what);

    public async Task Until(Func<Task<bool>> condition, Func<string> what)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        deadline.CancelAfter(Patience);
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        try
        {
            while (!await condition())
            {
                await again.WaitForNextTickAsync(deadline.Token);
            }
        }
        catch (OperationCanceledException late) when (!Ct.IsCancellationRequested)
        {
            throw new TimeoutException($"It did not happen that {what()}; alerts: {await Get("/api/v1/alerts")}", late);
        }
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        if (process is { HasExited: false })
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }

        process?.Dispose();
        folder.Delete(recursive: true);
    }

    private async Task Run(string program, Uri metrics)
    {
        foreach (var file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "ops", "prometheus", "rules")))
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, Path.GetFileName(file)), Shortened(await File.ReadAllTextAsync(file, Ct)), Ct);
        }

        var configuration = Path.Combine(folder.FullName, "prometheus.yaml");
        await File.WriteAllTextAsync(
            configuration,
            $"""
            global: {"{"} scrape_interval: 1s, evaluation_interval: 1s {"}"}
            rule_files: ["*.yml"]
            scrape_configs:
              - job_name: monolith
                static_configs: [{"{"} targets: ["{metrics.Authority}"] {"}"}]
            """,
            Ct);
        var address = $"127.0.0.1:{FreePort()}";
        client.BaseAddress = new($"http://{address}");
        process = Process.Start(new ProcessStartInfo(
            program,
            [
                $"--config.file={configuration}", $"--storage.tsdb.path={Path.Combine(folder.FullName, "data")}", $"--web.listen-address={address}",
                "--storage.tsdb.retention.time=1h", "--log.level=error",
            ])
        {
            UseShellExecute = false,
            WorkingDirectory = folder.FullName,
        })!;
        await Until(async () => await IsReady() && (await Query("up{job=\"monolith\"} == 1")).Count == 1, "Prometheus scrapes the host");
    }

    private async Task<bool> IsReady()
    {
        Assert.False(process!.HasExited, "Prometheus has ended.");
        try
        {
            using var ready = await client.GetAsync(new Uri("/-/ready", UriKind.Relative), Ct);
            return ready.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task<JsonNode> Get(string path)
    {
        using var answer = await client.GetAsync(new Uri(path, UriKind.Relative), CancellationToken.None);
        var json = (await answer.Content.ReadFromJsonAsync<JsonNode>(CancellationToken.None))!;
        Assert.True(json["status"]!.GetValue<string>() == "success", $"{path}: {json}");
        return json["data"]!;
    }

    private static string Shortened(string rules) => HoldPattern().Replace(RangePattern().Replace(WaitPattern().Replace(rules, "for: 1s"), "[8s]"), "${what}) > 3");

    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    [GeneratedRegex(@"\bfor: \w+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex WaitPattern();

    [GeneratedRegex(@"\[\d+[mh]\]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RangePattern();

    [GeneratedRegex(@"(?<what>watermark_hold_seconds|outage_seconds)\) > \d+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HoldPattern();
}
