using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Monolith.EndToEnd.Tests.Processes;
using static Monolith.EndToEnd.Tests.Deployment.ComposeFile;

namespace Monolith.EndToEnd.Tests.Deployment;

/// <summary>The files of ops, as far as they can be checked where no container engine is.</summary>
public sealed partial class ComposeTests
{
    [Fact]
    public void Every_file_and_folder_that_a_service_mounts_is_there_and_mounted_for_reading()
    {
        var mounts = Services.SelectMany(service => List(service.Value, "volumes")).Where(mount => mount.StartsWith('.')).Select(mount => mount.Split(':')).ToList();
        Assert.NotEmpty(mounts);
        Assert.All(mounts, mount =>
        {
            Assert.True(Path.Exists(Path.Combine(Folder, mount[0])), $"{mount[0]} is not there.");
            Assert.Equal("ro", mount[^1]);
        });
        var named = Services.SelectMany(service => List(service.Value, "volumes")).Where(mount => !mount.StartsWith('.')).Select(mount => mount.Split(':')[0]);
        Assert.Equal(Map(Root["volumes"]).Keys.Cast<string>().Order(StringComparer.Ordinal), named.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_secret_is_made_by_the_script_and_no_password_stands_in_the_file()
    {
        var script = File.ReadAllText(Path.Combine(Folder, "make-secrets.sh"));
        var secrets = Map(Root["secrets"]);
        Assert.All(secrets, secret =>
        {
            Assert.Equal($"./secrets/{secret.Key}", Map(secret.Value)["file"]);
            Assert.Matches($@"(?m)^((password|connection) {secret.Key}( |$)|\[ -e secrets/{secret.Key} \] \|\| openssl )", script);
        });
        Assert.All(Services.Keys.Cast<string>().SelectMany(Secrets), secret => Assert.Contains(secret.Key, secrets.Keys.Cast<string>()));
        Assert.DoesNotMatch("(?i)password[A-Z_]*: (?!/run/secrets/)\"?[a-z0-9]+", File.ReadAllText(Path.Combine(Folder, "compose.yaml")).Replace("password: {", "", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("host")]
    [InlineData("migrate")]
    public void The_host_runs_without_rights_on_a_file_system_that_it_cannot_write(string service)
    {
        var host = Map(Services[service]);
        Assert.Equal("true", host["read_only"]);
        Assert.Equal(["ALL"], List(host, "cap_drop"));
        Assert.Equal(["no-new-privileges:true"], List(host, "security_opt"));
        Assert.Equal(["/tmp"], List(host, "tmpfs"));
        Assert.Equal("Production", Map(host["environment"])["ASPNETCORE_ENVIRONMENT"]);
        Assert.Contains("/run/secrets/ConnectionStrings__Monolith", Secrets(service).Values);
    }

    [Fact]
    public void Every_secret_that_a_service_reads_is_given_to_it_and_none_that_it_does_not()
    {
        var scripts = new Dictionary<string, string>(StringComparer.Ordinal) { ["roles"] = File.ReadAllText(Path.Combine(Folder, "postgres", "roles.sh")) };
        Assert.All(Services.Keys.Cast<string>(), service =>
        {
            var variables = Map(Services[service]).TryGetValue("environment", out var environment) ? Map(environment).Values.Cast<string>() : [];
            var read = SecretPattern().Matches(string.Join('\n', variables.Append(scripts.GetValueOrDefault(service, "")))).Select(match => match.Value);

            // What is named as a setting is read by its name.
            var settings = Secrets(service).Values.Where(path => Settings.Known.Contains(Settings.NameOf(Path.GetFileName(path))));
            Assert.Equal(Secrets(service).Values.Order(StringComparer.Ordinal), read.Concat(settings).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        });
    }

    [Theory]
    [InlineData("host")]
    [InlineData("migrate")]
    public void Every_variable_of_a_host_is_a_setting(string service) => Assert.All(
        Map(Map(Services[service])["environment"]).Keys.Cast<string>().Where(name => name != "ASPNETCORE_ENVIRONMENT"),
        name => Assert.Contains(Settings.NameOf(name), Settings.Known));

    [Fact]
    public void What_is_published_is_the_proxy_and_the_dashboards_alone()
    {
        Assert.Equal(["grafana 3000:3000", "proxy 8080:8080"], Services.SelectMany(service => List(service.Value, "ports").Select(port => $"{service.Key} {port}")).Order(StringComparer.Ordinal));
        Assert.Contains("listen 8080;", File.ReadAllText(Path.Combine(Folder, "proxy", "nginx.conf")), StringComparison.Ordinal);
    }

    [Fact]
    public void Whoever_waits_for_a_service_to_be_healthy_waits_for_one_that_says_whether_it_is()
    {
        foreach (var (service, waits) in Services.Where(service => Map(service.Value).TryGetValue("depends_on", out var needs) && needs is Dictionary<object, object>))
        {
            Assert.All(Map(Map(waits)["depends_on"]).Where(other => (string)Map(other.Value)["condition"] == "service_healthy"), other => Assert.True(
                Map(Services[other.Key]).ContainsKey("healthcheck") || Map(Services[other.Key]).ContainsKey("build"), $"{service} waits for {other.Key}, which has no health check."));
        }
    }

    [Fact]
    public void Two_hosts_start_after_the_migration_and_are_given_the_time_to_drain()
    {
        var host = Map(Services["host"]);
        Assert.Equal("2", Map(host["deploy"])["replicas"]);
        Assert.Equal("service_completed_successfully", Map(Map(host["depends_on"])["migrate"])["condition"]);
        Assert.Equal("service_completed_successfully", Map(Map(Map(Services["migrate"])["depends_on"])["roles"])["condition"]);
        Assert.Equal("migrate", Assert.Single(List(Services["migrate"], "command")));
        var patience = TimeSpan.FromSeconds(int.Parse(((string)host["stop_grace_period"]).TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture));
        Assert.True(patience > new Hosting.ShutdownOptions().Within);
        Assert.StartsWith("postgres:18", (string)Map(Services["postgres"])["image"], StringComparison.Ordinal);
    }

    [Fact]
    public void The_proxy_prometheus_and_grafana_find_each_other_by_the_names_of_the_services()
    {
        Assert.Contains("server host:8080 ", File.ReadAllText(Path.Combine(Folder, "proxy", "nginx.conf")), StringComparison.Ordinal);
        var job = Map(((List<object>)Read("prometheus/prometheus.yml")["scrape_configs"])[0]);
        var discovery = Map(((List<object>)job["dns_sd_configs"])[0]);
        Assert.Equal(["host"], List(discovery, "names"));
        Assert.Equal("9464", discovery["port"]);
        var source = Map(((List<object>)Read("grafana/provisioning/datasources/prometheus.yml")["datasources"])[0]);
        Assert.Equal(("http://prometheus:9090", "prometheus"), ((string)source["url"], (string)source["uid"]));
        var provider = Map(((List<object>)Read("grafana/provisioning/dashboards/monolith.yml")["providers"])[0]);
        Assert.Contains(List(Services["grafana"], "volumes"), mount => mount == $"./grafana/dashboards:{Map(provider["options"])["path"]}:ro");
        var dashboards = Directory.GetFiles(Path.Combine(Folder, "grafana", "dashboards")).Select(file => JsonNode.Parse(File.ReadAllText(file))!).ToList();
        Assert.Equal(5, dashboards.DistinctBy(dashboard => dashboard["uid"]!.ToString(), StringComparer.Ordinal).Count());
        Assert.All(dashboards.SelectMany(dashboard => dashboard["panels"]!.AsArray()), panel => Assert.Equal("prometheus", panel!["datasource"]!["uid"]!.ToString()));
    }

    [GeneratedRegex(@"/run/secrets/[A-Za-z0-9._-]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SecretPattern();
}
