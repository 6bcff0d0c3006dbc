using JasperFx.CommandLine;
using Spectre.Console;

namespace Monolith.Host.Commands;

/// <summary>
/// Runs the commands of operators. They are JasperFx commands, so <c>help</c> lists them with those of Wolverine and Marten; they are run here, because
/// JasperFx knows only the exit codes 0 and 1 and mixes its own words into the output.
/// </summary>
internal static class OperatorCommands
{
    private static readonly Dictionary<string, Type> Commands = typeof(OperatorCommands).Assembly.GetExportedTypes()
        .Where(type => !type.IsAbstract && type.IsAssignableTo(typeof(IOperatorCommand)))
        .ToDictionary(CommandFactory.CommandNameFor, StringComparer.Ordinal);

    /// <summary>Whether the first word, or the first two, are a command of operators or a group of them.</summary>
    public static bool Know(IReadOnlyList<string> words) => words.Count > 0 && Commands.Keys.Any(name => name == words[0] || name.StartsWith(words[0] + " ", StringComparison.Ordinal));

    /// <summary>Runs what the words ask for.</summary>
    public static async Task<ExitCode> Run(IServiceProvider services, IReadOnlyList<string> words)
    {
        if (Find(words) is not { } name)
        {
            var group = Commands.Keys.Where(command => command.StartsWith(words[0] + " ", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
            throw new UsageException($"The commands of this group are: {string.Join(", ", group)}.");
        }

        // What JasperFx does not understand it answers with the help of the command, on the output: here that is an error.
        var output = Console.Out;
        Console.SetOut(Console.Error);
        AnsiConsole.Console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(Console.Error) });
        var run = Factory(name).BuildRun(words.Skip(name.Count(' '.Equals) + 1).Prepend(name));
        if (run.Command is not IOperatorCommand command)
        {
            await run.Execute();
            return ExitCode.Failed;
        }

        Console.SetOut(output);
        using var stop = new CancellationTokenSource();
        ConsoleCancelEventHandler cancel = (_, pressed) => stop.Cancel(pressed.Cancel = true);
        Console.CancelKeyPress += cancel;
        try
        {
            var input = (OperatorInput)run.Input;
            (input.Services, input.Answer, input.Ct) = (services, new(Console.Out, Console.Error, input.JsonFlag), stop.Token);
            return await command.Run(input);
        }
        finally
        {
            Console.CancelKeyPress -= cancel;
        }
    }

    /// <summary>Shows how one command is called.</summary>
    public static async Task<ExitCode> Help(IReadOnlyList<string> words)
    {
        if (Find(words) is { } name)
        {
            await Factory(name).HelpRun(new Queue<string>([name])).Execute();
            return ExitCode.Done;
        }

        foreach (var (command, type) in Commands.Where(command => command.Key.StartsWith(words[0] + " ", StringComparison.Ordinal)).OrderBy(command => command.Key, StringComparer.Ordinal))
        {
            AnsiConsole.MarkupLineInterpolated($"[bold]{command}[/] - {CommandFactory.DescriptionFor(type)}");
        }

        return ExitCode.Done;
    }

    private static string? Find(IReadOnlyList<string> words) =>
        words.Count > 1 && Commands.ContainsKey($"{words[0]} {words[1]}") ? $"{words[0]} {words[1]}" : Commands.ContainsKey(words[0]) ? words[0] : null;

    private static CommandFactory Factory(string name)
    {
        var factory = new CommandFactory();
        factory.RegisterCommand(Commands[name]);
        return factory;
    }
}
