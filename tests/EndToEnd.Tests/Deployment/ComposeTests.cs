using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Monolith.EndToEnd.Tests.Deployment;

/// <summary>The files of ops, as far as they can be checked where no container engine is.</summary>
public sealed class ComposeTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "ops");
    private static readonly Dictionary<object, object> Compose = Read("compose.yaml");

    private static Dictionary<object, object> Services => Map(Compose["services"]);

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
        Assert.Equal(Map(Compose["volumes"]).Keys.Cast<string>().Order(StringComparer.Ordinal), named.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_secret_is_made_by_the_script_and_no_password_stands_in_the_file()
    {
        var script = File.ReadAllText(Path.Combine(Folder, "make-secrets.sh"));
        var secrets = Map(Compose["secrets"]);
        Assert.All(secrets, secret =>
        {
            Assert.Equal($"./secrets/{secret.Key}", Map(secret.Value)["file"]);
            Assert.Matches($@"(?m)^((password|connection) {secret.Key}( |$)|\[ -e secrets/{secret.Key} \] \|\| openssl )", script);
        });
        Assert.All(Services.SelectMany(service => SecretsOf(service.Value)), name => Assert.Contains(name, secrets.Keys.Cast<string>()));
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
        Assert.Equal("ConnectionStrings__Monolith", Map(((List<object>)host["secrets"])[0])["target"]);
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

    private static Dictionary<object, object> Read(string file)
    {
        var text = File.ReadAllText(Path.Combine(Folder, file));
        return new DeserializerBuilder().Build().Deserialize<Dictionary<object, object>>(new MergingParser(new Parser(new StringReader(text))));
    }

    private static Dictionary<object, object> Map(object node) => (Dictionary<object, object>)node;

    private static List<string> List(object node, string key) => Map(node).TryGetValue(key, out var list) ? [.. ((List<object>)list).Cast<string>()] : [];

    private static IEnumerable<string> SecretsOf(object service) => Map(service).TryGetValue("secrets", out var secrets)
        ? ((List<object>)secrets).Select(secret => secret as string ?? (string)Map(secret)["source"])
        : [];
}
