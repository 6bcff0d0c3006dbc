using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Monolith.Hosting;

/// <summary>What the kernel demands of its configuration outside Development, where nothing may rest on what is fine on a developer's machine.</summary>
public static class ProductionRules
{
    /// <summary>What is missing or may not be, a sentence each; empty in Development, and when all is well.</summary>
    /// <exception cref="InvalidSettingException">A section cannot be read.</exception>
    public static IReadOnlyList<string> Mistakes(IConfiguration configuration, IHostEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var mistakes = Look(configuration, environment);
        configuration.RequireValid();
        return mistakes;
    }

    /// <summary>Notes what is missing or may not be as mistakes of the configuration.</summary>
    public static void NoteMistakes(IConfiguration configuration, IHostEnvironment environment)
    {
        foreach (var mistake in Look(configuration, environment))
        {
            configuration.AddMistake(mistake);
        }
    }

    /// <summary>Throws unless the configuration is one that a host may start with.</summary>
    /// <param name="mistakes">What <see cref="Mistakes"/> found, and whatever else is wrong.</param>
    /// <exception cref="InvalidSettingException">It is not; the message names every mistake.</exception>
    public static void Refuse(IReadOnlyCollection<string> mistakes)
    {
        ArgumentNullException.ThrowIfNull(mistakes);
        if (mistakes.Count > 0)
        {
            throw new InvalidSettingException(string.Join(Environment.NewLine, mistakes));
        }
    }

    private static List<string> Look(IConfiguration configuration, IHostEnvironment environment) =>
        environment.IsDevelopment() ? [] : [.. Find(Tokens(configuration), Secrets(configuration), environment)];

    internal static TokenOptions Tokens(IConfiguration configuration)
    {
        var options = new TokenOptions();
        configuration.Read(TokenOptions.Section, options, options.Validate);
        return options;
    }

    internal static SecretOptions Secrets(IConfiguration configuration)
    {
        var options = new SecretOptions();
        configuration.Read(SecretOptions.Section, options, options.Validate);
        return options;
    }

    private static IEnumerable<string> Find(TokenOptions tokens, SecretOptions secrets, IHostEnvironment environment)
    {
        var where = $"in the environment {environment.EnvironmentName}";
        if (tokens.Authority is null)
        {
            yield return $"{TokenOptions.Section}:{nameof(tokens.Authority)} is missing: {where} tokens come from an authority.";
        }

        if (tokens.Audience is null)
        {
            yield return $"{TokenOptions.Section}:{nameof(tokens.Audience)} is missing: {where} tokens must be meant for this host.";
        }

        if (tokens.DevelopmentKey is not null)
        {
            yield return $"{TokenOptions.Section}:{nameof(tokens.DevelopmentKey)} is given: {where} no token of a developer's machine is believed.";
        }

        if (secrets.KeyFolder is null)
        {
            yield return $"{SecretOptions.Section}:{nameof(secrets.KeyFolder)} is missing: {where} the keys of secrets lie where all hosts find them.";
        }

        if (secrets.CertificateFile is null)
        {
            yield return $"{SecretOptions.Section}:{nameof(secrets.CertificateFile)} is missing: {where} the keys of secrets are encrypted themselves.";
        }
    }

    /// <summary>Refuses to start a host that breaks the rules, whoever starts it.</summary>
    internal sealed class Guard(IConfiguration configuration, IHostEnvironment environment) : IHostedLifecycleService
    {
        public Task StartingAsync(CancellationToken cancellationToken)
        {
            Refuse(Mistakes(configuration, environment));
            return Task.CompletedTask;
        }

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
