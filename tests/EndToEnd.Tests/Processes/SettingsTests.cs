using System.Text.RegularExpressions;

namespace Monolith.EndToEnd.Tests.Processes;

/// <summary>One start in which every setting is wrong: each is named.</summary>
public sealed class SettingsTests
{
    // Each setting with a value that it cannot have, or with the argument that gives it one.
    private static readonly Dictionary<string, string> Wrong = new(StringComparer.Ordinal)
    {
        ["ConnectionStrings:Monolith"] = "Host=localhost;Prot=5432;Password=of-nobody",
        ["EmbeddedPostgres:DataDirectory"] = " ",
        ["EmbeddedPostgres:BundleDirectory"] = " ",
        ["EmbeddedPostgres:Version"] = "eleven",
        ["EmbeddedPostgres:Allow"] = "perhaps",
        ["EventStore:ApplicationRole"] = new string('r', 64),
        ["EventStore:TenantLabel"] = "perhaps",
        ["ReadModels:LongestWait"] = "00:01:00",
        ["Http:RequestsPerSecond"] = "0",
        ["Http:Burst"] = "many",
        ["Http:RequestTimeout"] = "1.00:00:00",
        ["Http:IdempotencyKeptFor"] = "31.00:00:00",
        ["Authentication:Authority"] = "http://login.example.com",
        ["Authentication:Audience"] = " ",
        ["Authentication:TenantClaim"] = " ",
        ["Authentication:PermissionClaim"] = " ",
        ["Authentication:RoleClaim"] = " ",
        ["Authentication:DevelopmentKey"] = "/somewhere/key.pem",
        ["Secrets:KeyFolder"] = Path.Combine(ProductionSettings.CertificateFile, "keys"),
        ["Secrets:CertificateFile"] = ProductionSettings.CertificateFile,
        ["Secrets:CertificatePassword"] = "another",
        ["Accounts:TransferTimeout"] = "2.00:00:00",
        ["Accounts:TransferSweep"] = "00:00:00",
        ["Messages:RetryAfter"] = "--Messages:RetryAfter:0=soon",
        ["Messages:PollingInterval"] = "00:00:00",
        ["Webhooks:RetryAfter"] = "--Webhooks:RetryAfter:0=2.00:00:00",
        ["Webhooks:PauseAfter"] = "-1",
        ["Webhooks:Timeout"] = "00:01:00",
        ["Webhooks:FormerSecretFor"] = "31.00:00:00",
        ["Webhooks:KeepFor"] = "00:00:01",
        ["Webhooks:AllowPrivateTargets"] = "true",
        ["Telemetry:MetricsUrl"] = "nowhere",
        ["Telemetry:OtlpEndpoint"] = "nowhere",
        ["Telemetry:Logs"] = "loud",
        ["Sampling:Every"] = "00:00:00",
        ["Sampling:DatabaseDisk"] = "-1",
        ["Shutdown:ReadinessOffFor"] = "00:00:20",
        ["Shutdown:Within"] = "1.00:00:00",
        ["KeyPerFile:Directory"] = "/no/such/folder",
        ["urls"] = "nowhere",
    };

    private static readonly Lazy<Task<(int ExitCode, string Output)>> Refusal = new(() =>
        HostProcess.Refused("Production", [.. Wrong.Select(wrong => wrong.Value.StartsWith("--", StringComparison.Ordinal) ? wrong.Value : $"--{wrong.Key}={wrong.Value}")]));

    public static TheoryData<string> Names => [.. Wrong.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_setting_that_is_wrong_is_named_however_many_others_are_wrong_too(string setting)
    {
        var (exitCode, output) = await Refusal.Value;
        Assert.Equal(1, exitCode);
        Assert.Contains(output.Split(Environment.NewLine), line => Regex.IsMatch(line, $@"(^|\s){Regex.Escape(setting)}\b(?!\.)", RegexOptions.None, TimeSpan.FromSeconds(1)));
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("of-nobody", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_setting_of_the_README_is_among_them() =>
        Assert.Equal(Settings.Known.Order(StringComparer.Ordinal), Wrong.Keys.Where(setting => setting != "urls").Order(StringComparer.Ordinal));
}
