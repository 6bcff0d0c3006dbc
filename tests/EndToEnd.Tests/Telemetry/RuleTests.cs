using System.Text.RegularExpressions;

namespace Monolith.EndToEnd.Tests.Telemetry;

/// <summary>The rules of ops/prometheus, without a host: as promtool sees them, and against their runbooks and their cases.</summary>
public sealed partial class RuleTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "ops");

    private static string Prometheus => Path.Combine(Folder, "prometheus");

    private static string[] Alerts => [.. AlertPattern().Matches(File.ReadAllText(Path.Combine(Prometheus, "rules", "alerts.yml"))).Select(match => match.Groups["name"].Value)];

    [Fact]
    public async Task The_configuration_and_the_rules_are_sound()
    {
        var promtool = Tool.Require("promtool");
        foreach (var check in (string[][])[["check", "config", Path.Combine(Prometheus, "prometheus.yml")], ["check", "rules", .. Files("rules")]])
        {
            var (exitCode, output) = await Tool.Run(promtool, check);
            Assert.True(exitCode == 0, output);
        }
    }

    [Fact]
    public async Task Every_alert_is_raised_within_its_time_and_not_before()
    {
        var (exitCode, output) = await Tool.Run(Tool.Require("promtool"), ["test", "rules", .. Files("tests")]);
        Assert.True(exitCode == 0, output);
    }

    [Fact]
    public void Every_alert_has_a_runbook_that_says_what_it_means_and_what_to_do_and_a_case_in_the_tests()
    {
        var cases = string.Concat(Files("tests").Select(File.ReadAllText));
        Assert.NotEmpty(Alerts);
        Assert.All(Alerts, alert =>
        {
            var runbook = File.ReadAllText(Path.Combine(Folder, "runbooks", $"{Kebab(alert)}.md"));
            Assert.StartsWith($"# {alert}\n", runbook, StringComparison.Ordinal);
            Assert.All((string[])["\n## What it means\n", "\n## What to look at\n", "\n## What to do\n"], heading => Assert.Contains(heading, runbook, StringComparison.Ordinal));
            Assert.Contains($"alertname: {alert}\n", cases, StringComparison.Ordinal);
        });
        Assert.Equal(
            Alerts.Select(Kebab).Order(StringComparer.Ordinal),
            Directory.GetFiles(Path.Combine(Folder, "runbooks")).Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Links_between_runbooks_lead_somewhere()
    {
        foreach (var file in Directory.GetFiles(Path.Combine(Folder, "runbooks")))
        {
            Assert.All(LinkPattern().Matches(File.ReadAllText(file)), link => Assert.True(
                File.Exists(Path.Combine(Folder, "runbooks", link.Groups["file"].Value)), $"{Path.GetFileName(file)} links to {link.Groups["file"].Value}, which is not there."));
        }
    }

    private static string[] Files(string folder) => [.. Directory.GetFiles(Path.Combine(Prometheus, folder), "*.yml").Order(StringComparer.Ordinal)];

    private static string Kebab(string name) => WordPattern().Replace(name, "-").ToLowerInvariant();

    [GeneratedRegex(@"- alert: (?<name>\w+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AlertPattern();

    [GeneratedRegex(@"\]\((?<file>[a-z-]+\.md)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LinkPattern();

    [GeneratedRegex(@"(?<!^)(?=[A-Z])", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex WordPattern();
}
