using Monolith.Hosting;

namespace Monolith.Host;

/// <summary>How the host is seen from outside: section <c>Telemetry</c>.</summary>
internal sealed record TelemetrySettings
{
    private const string Section = "Telemetry";
    private const string DefaultMetricsUrl = "http://0.0.0.0:9464";
    private static readonly string[] Known = [nameof(MetricsUrl), nameof(OtlpEndpoint), nameof(Logs)];

    /// <summary>Where <c>/metrics</c> is served, away from the API; null for beside it, under the same address.</summary>
    public Uri? MetricsUrl { get; private init; }

    /// <summary>Where traces are sent by the OpenTelemetry protocol; null for nowhere.</summary>
    public Uri? OtlpEndpoint { get; private init; }

    /// <summary>Whether each line of the log is a JSON object.</summary>
    public bool JsonLogs { get; private init; }

    private static string Logs => nameof(Logs);

    /// <summary>Reads the settings. What is malformed or unknown is noted as a mistake of the configuration.</summary>
    public static TelemetrySettings Read(IConfiguration configuration, IHostEnvironment environment)
    {
        var section = configuration.GetSection(Section);
        foreach (var unknown in section.GetChildren().Where(child => !Known.Contains(child.Key, StringComparer.OrdinalIgnoreCase)))
        {
            configuration.AddMistake($"{unknown.Path} is not a setting. Known are {string.Join(", ", Known.Select(key => $"{Section}:{key}"))}.");
        }

        var metrics = section[nameof(MetricsUrl)];
        return new()
        {
            MetricsUrl = metrics is "" ? null : Address(configuration, nameof(MetricsUrl), metrics ?? (environment.IsDevelopment() ? null : DefaultMetricsUrl), mayNamePath: false),
            OtlpEndpoint = Address(configuration, nameof(OtlpEndpoint), section[nameof(OtlpEndpoint)] ?? configuration["OTEL_EXPORTER_OTLP_ENDPOINT"], mayNamePath: true),
            JsonLogs = section[Logs] switch
            {
                null => configuration["DOTNET_RUNNING_IN_CONTAINER"] is "true" or "1",
                "json" => true,
                "text" => false,
                var other => Mistaken<bool>(configuration, Logs, other, "must be json or text"),
            },
        };
    }

    private static Uri? Address(IConfiguration configuration, string key, string? text, bool mayNamePath)
    {
        if (text is null)
        {
            return null;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && (mayNamePath || url is { AbsolutePath: "/", Query: "", Scheme: "http" })
            ? url
            : Mistaken<Uri>(configuration, key, text, mayNamePath ? "must be an http address" : "must be an address such as http://0.0.0.0:9464, without a path; leave it empty to serve metrics with the API");
    }

    private static T? Mistaken<T>(IConfiguration configuration, string key, string value, string reason)
    {
        configuration.AddMistake($"{Section}:{key} is '{value}'; it {reason}.");
        return default;
    }
}
