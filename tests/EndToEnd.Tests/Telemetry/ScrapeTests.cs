using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Npgsql;

namespace Monolith.EndToEnd.Tests.Telemetry;

/// <summary>Whether the expressions of alerts and dashboards find what a running host shows.</summary>
[Collection(WatchedHostCollection.Name)]
public sealed partial class ScrapeTests(WatchedHost host)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_expression_of_an_alert_and_of_a_dashboard_finds_series_of_the_running_host()
    {
        await host.Start();

        // Who reads the live rows keeps a rebuild from being over before it was seen.
        await using var reader = NpgsqlDataSource.Create(host.ConnectionString);
        await using var connection = await reader.OpenConnectionAsync(Ct);
        await using var transaction = await connection.BeginTransactionAsync(Ct);
        await using var read = new NpgsqlCommand("select count(*) from accounts.mt_doc_accountsummary", connection);
        await read.ExecuteScalarAsync(Ct);
        using var rebuild = await host.Client.PostAsync(new Uri("/operations/projections/accounts.account_summaries/rebuild", UriKind.Relative), JsonContent.Create(new { }), Ct);
        Assert.True(rebuild.IsSuccessStatusCode, rebuild.StatusCode.ToString());

        var rules = await host.Prometheus.Rules();
        var panels = Panels();
        Assert.True(panels.Count > 40 && rules.Count > 40);
        string[] missing = [];
        await host.Prometheus.Until(
            async () =>
            {
                missing =
                [
                    .. await Missing(host.Prometheus, panels),
                    .. await Missing(host.Prometheus, rules.Where(rule => !rule.IsAlert).Select(rule => rule.Expression)),
                    .. await Missing(host.Prometheus, rules.SelectMany(rule => SelectorPattern().Matches(rule.Expression)).Select(selector => selector.Value)),
                ];
                return missing.Length == 0;
            },
            () => $"these find something:\n{string.Join('\n', missing)}");
        await transaction.RollbackAsync(Ct);
        using var alive = await host.Client.GetAsync(new Uri("/health/ready", UriKind.Relative), Ct);
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
    }

    private static async Task<IEnumerable<string>> Missing(PrometheusServer prometheus, IEnumerable<string> expressions)
    {
        var missing = new List<string>();
        foreach (var expression in expressions.Distinct(StringComparer.Ordinal))
        {
            if ((await prometheus.Query(expression)).Count == 0)
            {
                missing.Add(expression);
            }
        }

        return missing;
    }

    private static List<string> Panels() =>
    [
        .. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "ops", "grafana", "dashboards"), "*.json")
            .SelectMany(file => JsonNode.Parse(File.ReadAllText(file))!["panels"]!.AsArray())
            .SelectMany(panel => panel!["targets"]!.AsArray())
            .Select(target => target!["expr"]!.GetValue<string>()),
    ];

    // A name of ours or of the libraries, with its matchers: what a comparison or "unless" leaves of it depends on whether something is wrong.
    [GeneratedRegex(@"\b(monolith[_:]|http_server_|http_client_|db_client_|dotnet_|wolverine_|kestrel_|up\b)[A-Za-z0-9_:]*(\{[^}]*\})?", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SelectorPattern();
}
