using JasperFx;

namespace Monolith.Host;

/// <summary>What the arguments ask for: without a command, to run the host.</summary>
internal static class CommandLine
{
    /// <summary>A builder whose settings lie beside the program, wherever it is started from.</summary>
    public static WebApplicationBuilder CreateBuilder(string[] args) =>
        WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });

    /// <summary>Whether what is asked for uses the database. Generating code does not.</summary>
    public static bool NeedsDatabase(string[] args) => Command(args) is not ("codegen" or "help" or "describe");

    /// <summary>Runs the command, or the host until it is told to stop.</summary>
    public static async Task<int> RunMonolith(this WebApplication app, string[] args)
    {
        if (Command(args) is not null)
        {
            return await app.RunJasperFxCommands(args);
        }

        await app.RunAsync();
        return 0;
    }

    // Options (--urls …) go to the configuration; a first word that is none is a command.
    private static string? Command(string[] args) => args is [var first, ..] && !first.StartsWith('-') && !first.Contains('=', StringComparison.Ordinal) ? first : null;
}
