using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Monolith.EndToEnd.Tests.Processes;
using Monolith.Testing.Conformance;

namespace Monolith.EndToEnd.Tests.Telemetry;

/// <summary>A host process on a server of its own, so that either may fail, watched by a Prometheus.</summary>
public sealed partial class WatchedHost : IAsyncLifetime
{
    private HostProcess? host;
    private PrometheusServer? prometheus;

    public OwnServer Server { get; } = new();

    public HttpClient Client => host!.Client;

    public string ConnectionString { get; private set; } = "";

    /// <summary>What the host has logged so far, each line an object.</summary>
    public IReadOnlyList<JsonNode> Log => [.. host!.Output.Split('\n').Where(line => line.StartsWith('{')).Select(line => JsonNode.Parse(line)!)];

    internal PrometheusServer Prometheus => prometheus!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => default;

    /// <summary>
    /// Starts it for the first test, with nobody there to take its traces and its webhooks, and uses it: an endpoint, a user, an account with as many events as a snapshot needs, and a
    /// question. Skips the test where there is no Prometheus.
    /// </summary>
    public async Task Start()
    {
        _ = Tool.Require("prometheus");
        if (prometheus is not null)
        {
            return;
        }

        await Server.InitializeAsync();
        ConnectionString = await Server.NewDatabase(Ct);
        host = await HostProcess.Start(
            "Development",
            $"--ConnectionStrings:Monolith={ConnectionString}",
            "--Telemetry:MetricsUrl=http://127.0.0.1:0",
            "--Telemetry:OtlpEndpoint=http://127.0.0.1:9",
            "--Telemetry:Logs=json",
            "--Logging:LogLevel:Monolith=Debug",
            "--Sampling:Every=00:00:01",
            "--Messages:PollingInterval=00:00:01",
            "--Webhooks:AllowPrivateTargets=true",
            "--Webhooks:RetryAfter:0=00:00:01");
        prometheus = await PrometheusServer.Start(new(MetricsPattern().Match(host.Output).Groups["address"].Value));
        using var endpoint = await Client.PostAsJsonAsync("/api/webhooks/endpoints", new { url = "http://127.0.0.1:9/hooks", events = new[] { "users.*" } }, Ct);
        Assert.Equal(HttpStatusCode.Created, endpoint.StatusCode);
        using var user = await Client.PostAsJsonAsync("/api/users", new { email = "ada@example.com", username = "ada", password = Requests.Password }, Ct);
        Assert.Equal(HttpStatusCode.Created, user.StatusCode);
        var account = await Bank.Open(Client);
        var version = 1L;
        while (version < 110)
        {
            version = await account.Deposit(Client);
        }

        await account.ViewAt(Client, version);
    }

    public async ValueTask DisposeAsync()
    {
        if (prometheus is not null)
        {
            await prometheus.DisposeAsync();
        }

        if (host is not null)
        {
            await host.DisposeAsync();
        }

        await Server.DisposeAsync();
    }

    [GeneratedRegex(@"Metrics are served at (?<address>\S+/metrics)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MetricsPattern();
}

[CollectionDefinition(Name)]
public sealed class WatchedHostCollection : ICollectionFixture<WatchedHost>
{
    public const string Name = "watched host";
}
