using JasperFx;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.KeyPerFile;
using Microsoft.Extensions.FileProviders;
using Monolith.Host.Commands;
using Monolith.Hosting;

namespace Monolith.Host;

/// <summary>What the arguments ask for: without a command, to run the host.</summary>
internal static class CommandLine
{
    private const string SecretsDirectory = "KeyPerFile:Directory";
    private const string DefaultSecrets = "/run/secrets";

    /// <summary>A builder whose settings lie beside the program, wherever it is started from.</summary>
    /// <exception cref="UsageException">There is no such command.</exception>
    public static WebApplicationBuilder CreateBuilder(string[] args)
    {
        if (IsUnknown(args))
        {
            throw new UsageException($"'{Words(args)[0]}' is not a command: help lists them.");
        }

        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            // The flags of a command are none of the configuration's.
            Args = IsOperators(args) ? [.. args.Where(IsSetting)] : args,
            ContentRootPath = AppContext.BaseDirectory,
        });
        AddSecrets(builder.Configuration);
        if (IsOperators(args))
        {
            // The output is for the answer alone.
            builder.Logging.AddFilter(level => level >= LogLevel.Warning);
            builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        }

        return builder;
    }

    // A file for each secret, named as the setting with "__" for ":", as container platforms mount them. The environment and the arguments come after.
    private static void AddSecrets(ConfigurationManager configuration)
    {
        var configured = configuration[SecretsDirectory];
        if (configured is not null && !Directory.Exists(configured))
        {
            configuration.AddMistake($"{SecretsDirectory} is '{configured}'; there is no such folder.");
        }
        else if ((configured ?? DefaultSecrets) is var folder && Directory.Exists(folder))
        {
            var before = configuration.Sources.TakeWhile(source => source is not EnvironmentVariablesConfigurationSource { Prefix: null or "" }).Count();
            configuration.Sources.Insert(before, new KeyPerFileConfigurationSource { FileProvider = new PhysicalFileProvider(Path.GetFullPath(folder)), Optional = true });
        }
    }

    /// <summary>Whether what is asked for uses the database. Generating code, showing help and issuing a token do not.</summary>
    public static bool NeedsDatabase(string[] args) => Words(args) is not ["codegen" or "describe" or "token", ..] && !AsksForHelp(args);

    /// <summary>Whether the host itself is to run.</summary>
    public static bool StartsHost(string[] args) => Words(args).Length == 0;

    /// <summary>Whether a command of operators is asked for, or help on them, or a command that does not exist.</summary>
    public static bool IsOperators(string[] args) =>
        AsksForHelp(args) ? About(args) is not [var about, ..] || !OperatorCommands.KnowOther(about) : OperatorCommands.Know(Words(args)) || IsUnknown(args);

    /// <summary>Runs the command, or the host until it is told to stop.</summary>
    public static async Task<int> RunMonolith(this WebApplication app, string[] args)
    {
        var words = Words(args);
        if (IsOperators(args))
        {
            return (int)(AsksForHelp(args)
                ? await OperatorCommands.Help(About(args))
                : await OperatorCommands.Run(app.Services, words));
        }

        if (words.Length > 0)
        {
            return await app.RunJasperFxCommands(args);
        }

        await app.PrepareDatabase();
        await app.RunAsync();
        return 0;
    }

    // Settings (--urls …, --Section:Key=…) go to the configuration; a first word that is none is a command, and the rest is the command's.
    private static string[] Words(string[] args) =>
        args is [var first, ..] && (IsHelp(first) || (!first.StartsWith('-') && !first.Contains('=', StringComparison.Ordinal))) ? [.. args.Where(word => !IsSetting(word))] : [];

    private static bool IsUnknown(string[] args) =>
        Words(args) is [var first, ..] words && !AsksForHelp(args) && !OperatorCommands.Know(words) && !OperatorCommands.KnowOther(first);

    private static bool AsksForHelp(string[] args) => Words(args).Any(IsHelp);

    private static string[] About(string[] args) => [.. Words(args).Where(word => !IsHelp(word))];

    private static bool IsHelp(string word) => word is "help" or "?" or "--help" or "-h";

    // --Section:Key=value
    private static bool IsSetting(string word) =>
        word.StartsWith("--", StringComparison.Ordinal) && word.IndexOf('=', StringComparison.Ordinal) is > 0 and var end && word.AsSpan(0, end).Contains(':');
}
