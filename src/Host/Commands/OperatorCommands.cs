using JasperFx.CommandLine;
using Spectre.Console;

namespace Monolith.Host.Commands;

/// <summary>
/// Runs the commands of operators. They are JasperFx commands, as those of Wolverine and Marten are; they are run here, because JasperFx knows only the exit codes 0 and 1 and mixes its
/// own words into the output.
/// </summary>
internal static class OperatorCommands
{
    private const string CalledBy = "dotnet run --";
    private const string Called = "dotnet Monolith.Host.dll";

    private static readonly Dictionary<string, Type> Commands = typeof(OperatorCommands).Assembly.GetExportedTypes()
        .Where(type => !type.IsAbstract && type.IsAssignableTo(typeof(IOperatorCommand)))
        .ToDictionary(CommandFactory.CommandNameFor, StringComparer.Ordinal);

    // The commands that Wolverine and Marten bring, for developers: codegen, describe.
    private static readonly Lazy<IReadOnlyList<string>> Others = new(FindOthers);

    /// <summary>Whether the first word, or the first two, are a command of operators or a group of them.</summary>
    public static bool Know(IReadOnlyList<string> words) => words.Count > 0 && Commands.Keys.Any(name => name == words[0] || name.StartsWith(words[0] + " ", StringComparison.Ordinal));

    /// <summary>Whether the word is a command of Wolverine's or Marten's.</summary>
    public static bool KnowOther(string word) => Others.Value.Contains(word, StringComparer.Ordinal);

    /// <summary>Runs what the words ask for.</summary>
    public static async Task<ExitCode> Run(IServiceProvider services, IReadOnlyList<string> words)
    {
        if (Find(words) is not { } name)
        {
            throw new UsageException($"The commands of this group are: {string.Join(", ", Group(words))}.");
        }

        // What JasperFx does not understand it says at once, and answers with the help of the command.
        CommandRun run = null!;
        var said = await Captured(() => Task.FromResult(run = Factory(name).BuildRun(words.Skip(name.Count(' '.Equals) + 1).Prepend(name))));
        if (run.Command is not IOperatorCommand command)
        {
            throw new UsageException($"{Reason(said)}: help {name} says how it is called.");
        }

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
        if (words.Count > 0 && Find(words) is { } name)
        {
            var text = await Captured(() => Factory(name).HelpRun(new Queue<string>([name])).Execute());
            await Console.Out.WriteAsync(text.Replace(CalledBy, Called, StringComparison.Ordinal));
            return ExitCode.Done;
        }

        List<string> listed = [.. Group(words)];
        if (listed.Count == 0)
        {
            throw new UsageException($"'{words[0]}' is not a command: help lists them.");
        }

        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumn(new TableColumn("").NoWrap()).AddColumn("");
        foreach (var command in listed)
        {
            table.AddRow(Markup.Escape(command), Markup.Escape(CommandFactory.DescriptionFor(Commands[command])));
        }

        AnsiConsole.Write(table);
        if (words.Count == 0)
        {
            Console.WriteLine($"""

                {Called} COMMAND does one, help COMMAND says how it is called. Without a command the host runs.
                Wolverine and Marten bring others, for developers: {string.Join(", ", Others.Value)}.
                """);
        }

        return ExitCode.Done;
    }

    private static string? Find(IReadOnlyList<string> words) =>
        words.Count > 1 && Commands.ContainsKey($"{words[0]} {words[1]}") ? $"{words[0]} {words[1]}" : Commands.ContainsKey(words[0]) ? words[0] : null;

    // All of them, or those that begin with the word.
    private static IEnumerable<string> Group(IReadOnlyList<string> words) =>
        Commands.Keys.Where(command => words.Count == 0 || command.StartsWith(words[0] + " ", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    private static List<string> FindOthers() =>
    [
        .. new[] { typeof(IJasperFxCommand), typeof(JasperFx.Events.IEvent), typeof(Weasel.Core.Migrator), typeof(Marten.IDocumentStore), typeof(Wolverine.IMessageBus) }
            .SelectMany(type => type.Assembly.GetExportedTypes())
            .Where(type => type is { IsAbstract: false, IsGenericTypeDefinition: false } && type.IsAssignableTo(typeof(IJasperFxCommand)))
            .Select(CommandFactory.CommandNameFor)
            .Where(name => name != "help")
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal),
    ];

    // JasperFx writes to the console of the process.
    private static async Task<string> Captured(Func<Task> write)
    {
        var (output, console, captured) = (Console.Out, AnsiConsole.Console, new StringWriter());
        Console.SetOut(captured);
        AnsiConsole.Console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(captured), Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
        try
        {
            await write();
            return captured.ToString();
        }
        finally
        {
            Console.SetOut(output);
            AnsiConsole.Console = console;
        }
    }

    // The sentence below the heading.
    private static string Reason(string said) =>
        said.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Skip(1).FirstOrDefault() ?? "Its arguments do not fit";

    private static CommandFactory Factory(string name)
    {
        var factory = new CommandFactory();
        factory.RegisterCommand(Commands[name]);
        return factory;
    }
}
