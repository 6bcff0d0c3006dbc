using Monolith.EmbeddedPostgres;
using Monolith.Hosting;

namespace Monolith.Host;

/// <summary>The host's own configuration, read and checked before anything starts.</summary>
internal sealed record HostSettings
{
    public const string Connection = "Monolith";
    private const string Section = "EmbeddedPostgres";

    private bool allowsPrivateServer;

    /// <summary>The database to use as it is; null for a private server.</summary>
    public string? ConnectionString { get; private init; }

    /// <summary>How to run the private server.</summary>
    public EmbeddedPostgresOptions EmbeddedPostgres { get; private init; } = new();

    /// <summary>What this host may not start with outside Development, a sentence each.</summary>
    public IReadOnlyList<string> Mistakes(IHostEnvironment environment)
    {
        if (ConnectionString is not null || environment.IsDevelopment() || (allowsPrivateServer && !environment.IsProduction()))
        {
            return [];
        }

        var otherwise = environment.IsProduction() ? "" : $", unless {Section}:Allow is true";
        return [$"ConnectionStrings:{Connection} is missing: in the environment {environment.EnvironmentName} the host starts no PostgreSQL of its own{otherwise}."];
    }

    /// <summary>Reads the settings.</summary>
    /// <exception cref="InvalidSettingException">A value is malformed or unknown.</exception>
    public static HostSettings Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        RefuseUnknown(section);
        var connection = configuration.GetConnectionString(Connection);
        if (connection is not null && string.IsNullOrWhiteSpace(connection))
        {
            throw new InvalidSettingException($"ConnectionStrings:{Connection} is blank. Leave it out to have a private server in Development.");
        }

        return new()
        {
            allowsPrivateServer = Flag(section, "Allow"),
            ConnectionString = connection,
            EmbeddedPostgres = new()
            {
                DataDirectory = Path(section, nameof(EmbeddedPostgresOptions.DataDirectory)),
                BundleDirectory = Path(section, nameof(EmbeddedPostgresOptions.BundleDirectory)),
                Version = Number(section, nameof(EmbeddedPostgresOptions.Version)),
            },
        };
    }

    private static void RefuseUnknown(IConfigurationSection section)
    {
        string[] known = ["Allow", nameof(EmbeddedPostgresOptions.DataDirectory), nameof(EmbeddedPostgresOptions.BundleDirectory), nameof(EmbeddedPostgresOptions.Version)];
        if (section.GetChildren().FirstOrDefault(child => !known.Contains(child.Key, StringComparer.OrdinalIgnoreCase)) is { } unknown)
        {
            throw new InvalidSettingException($"{unknown.Path} is not a setting. Known are {string.Join(", ", known.Select(key => $"{Section}:{key}"))}.");
        }
    }

    private static bool Flag(IConfigurationSection section, string key) => section[key] switch
    {
        null => false,
        var text => bool.TryParse(text, out var flag) ? flag : throw Invalid(section, key, "must be true or false"),
    };

    private static string? Path(IConfigurationSection section, string key) => section[key] switch
    {
        null => null,
        var text => string.IsNullOrWhiteSpace(text) ? throw Invalid(section, key, "must be a folder; leave it out to have the default") : text,
    };

    private static int? Number(IConfigurationSection section, string key) => section[key] switch
    {
        null => null,
        var text => int.TryParse(text, out var number) && number >= 15 ? number : throw Invalid(section, key, "must be a major version of PostgreSQL, 15 or later"),
    };

    private static InvalidSettingException Invalid(IConfigurationSection section, string key, string reason) =>
        new($"{section.Path}:{key} is '{section[key]}'; it {reason}.");
}
