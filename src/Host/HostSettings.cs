using Monolith.EmbeddedPostgres;
using Monolith.Hosting;
using Npgsql;

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

    /// <summary>Notes what this host may not start with outside Development.</summary>
    public void NoteMistakes(IConfiguration configuration, IHostEnvironment environment)
    {
        if (ConnectionString is null && !environment.IsDevelopment() && (environment.IsProduction() || !allowsPrivateServer))
        {
            var otherwise = environment.IsProduction() ? "" : $", unless {Section}:Allow is true";
            configuration.AddMistake(
                $"ConnectionStrings:{Connection} is missing: in the environment {environment.EnvironmentName} the host starts no PostgreSQL of its own{otherwise}.");
        }
    }

    /// <summary>Reads the settings. What is malformed or unknown is noted as a mistake of the configuration.</summary>
    public static HostSettings Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        var settings = new Reading(configuration, section);
        settings.RefuseUnknown("Allow", nameof(EmbeddedPostgresOptions.DataDirectory), nameof(EmbeddedPostgresOptions.BundleDirectory), nameof(EmbeddedPostgresOptions.Version));
        var connection = configuration.GetConnectionString(Connection);
        if (connection is not null && string.IsNullOrWhiteSpace(connection))
        {
            configuration.AddMistake($"ConnectionStrings:{Connection} is blank. Leave it out to have a private server in Development.");
        }
        else if (connection is not null && WhatIsWrongWith(connection) is { } wrong)
        {
            configuration.AddMistake($"ConnectionStrings:{Connection} is not a connection string of PostgreSQL: {wrong}");
        }

        foreach (var address in (configuration["urls"] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries).Where(address => !IsAddress(address)))
        {
            configuration.AddMistake($"urls has '{address}', which is no address such as http://localhost:5080.");
        }

        return new()
        {
            allowsPrivateServer = settings.Flag("Allow"),
            ConnectionString = connection,
            EmbeddedPostgres = new()
            {
                DataDirectory = settings.Path(nameof(EmbeddedPostgresOptions.DataDirectory)),
                BundleDirectory = settings.Path(nameof(EmbeddedPostgresOptions.BundleDirectory)),
                Version = settings.Number(nameof(EmbeddedPostgresOptions.Version)),
            },
        };
    }

    // Not the string itself, which may hold a password.
    private static string? WhatIsWrongWith(string connection)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connection).Host is null ? "it names no Host." : null;
        }
        catch (Exception error) when (error is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            return error.Message;
        }
    }

    private static bool IsAddress(string text)
    {
        try
        {
            return BindingAddress.Parse(text.Trim()) is { Scheme: "http" or "https", Port: >= 0 and <= ushort.MaxValue };
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private sealed record Reading(IConfiguration Configuration, IConfigurationSection Section)
    {
        public void RefuseUnknown(params string[] known)
        {
            foreach (var unknown in Section.GetChildren().Where(child => !known.Contains(child.Key, StringComparer.OrdinalIgnoreCase)))
            {
                Configuration.AddMistake($"{unknown.Path} is not a setting. Known are {string.Join(", ", known.Select(key => $"{Section.Path}:{key}"))}.");
            }
        }

        public bool Flag(string key) => Section[key] is { } text && (bool.TryParse(text, out var flag) ? flag : Mistaken<bool>(key, "must be true or false"));

        public string? Path(string key) => Section[key] switch
        {
            null => null,
            var text => string.IsNullOrWhiteSpace(text) ? Mistaken<string?>(key, "must be a folder; leave it out to have the default") : text,
        };

        public int? Number(string key) => Section[key] switch
        {
            null => null,
            var text => int.TryParse(text, out var number) && number >= 15 ? number : Mistaken<int?>(key, "must be a major version of PostgreSQL, 15 or later"),
        };

        private T? Mistaken<T>(string key, string reason)
        {
            Configuration.AddMistake($"{Section.Path}:{key} is '{Section[key]}'; it {reason}.");
            return default;
        }
    }
}
