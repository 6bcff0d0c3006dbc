using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace Monolith.Host.Commands;

/// <summary>
/// Writes what a command answers: lines and tables for people, or one JSON value for programs. Nothing else goes to the output. How far work is that takes long is shown on the error
/// output: by bars on a terminal, elsewhere by a line a second at most, and not at all to programs.
/// </summary>
public sealed class Answer
{
    private const int WidthOfFiles = 200;

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private readonly TextWriter output;
    private readonly TextWriter errors;
    private readonly bool json;
    private readonly IAnsiConsole tables;
    private readonly IAnsiConsole? bars;

    /// <summary>An answer in one of the two forms.</summary>
    public Answer(TextWriter output, TextWriter errors, bool json)
    {
        (this.output, this.errors, this.json) = (output, errors, json);
        tables = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(output) });
        bars = json || Console.IsErrorRedirected ? null : AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(errors) });
        if (Console.IsOutputRedirected)
        {
            tables.Profile.Width = WidthOfFiles;
        }
    }

    /// <summary>Answers with a value for programs, or with lines for people.</summary>
    public void Write(object value, params IEnumerable<string> lines)
    {
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(value, Format));
            return;
        }

        foreach (var line in lines)
        {
            output.WriteLine(line);
        }
    }

    /// <summary>Answers with values: an array for programs, a table for people.</summary>
    /// <param name="values">The values.</param>
    /// <param name="empty">What people read when there are none.</param>
    /// <param name="columns">The columns of the table, each with its text for a value.</param>
    public void WriteTable<T>(IReadOnlyList<T> values, string empty, params IReadOnlyList<(string Name, Func<T, string> Of)> columns)
    {
        if (json || values.Count == 0)
        {
            Write(values, empty);
            return;
        }

        var table = new Table().Border(TableBorder.Simple);
        foreach (var (name, _) in columns)
        {
            table.AddColumn(Markup.Escape(name));
        }

        foreach (var value in values)
        {
            table.AddRow([.. columns.Select(column => Markup.Escape(column.Of(value)))]);
        }

        tables.Write(table);
    }

    /// <summary>Does work that tells how far it is.</summary>
    /// <param name="describe">How far it has come, in a few words.</param>
    /// <param name="fraction">The same between 0 and 1.</param>
    /// <param name="work">The work, which reports where it is.</param>
    public Task<TResult> Follow<T, TResult>(Func<T, string> describe, Func<T, double> fraction, Func<IProgress<T>, Task<TResult>> work) => bars is null
        ? work(new Lines<T>(json ? TextWriter.Null : errors, describe))
        : bars.Progress().AutoClear(true).Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
            .StartAsync(context => work(new Bar<T>(context.AddTask("…", maxValue: 1), describe, fraction)));

    /// <summary>Does work that cannot tell how far it is, such as one transaction: on a terminal something moves meanwhile.</summary>
    public Task<TResult> During<TResult>(string what, Func<Task<TResult>> work) =>
        bars is null ? work() : bars.Status().StartAsync(Markup.Escape(what), _ => work());

    // At once and in order, which Progress<T> does not promise.
    private sealed class Lines<T>(TextWriter errors, Func<T, string> describe) : IProgress<T>
    {
        private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
        private readonly Lock writing = new();
        private long? last;

        public void Report(T value)
        {
            lock (writing)
            {
                if (last is not { } before || TimeProvider.System.GetElapsedTime(before) >= Pause)
                {
                    last = TimeProvider.System.GetTimestamp();
                    errors.WriteLine(describe(value));
                }
            }
        }
    }

    private sealed class Bar<T>(ProgressTask task, Func<T, string> describe, Func<T, double> fraction) : IProgress<T>
    {
        public void Report(T value)
        {
            task.Description = Markup.Escape(describe(value));
            task.Value = Math.Clamp(fraction(value), 0, 1);
        }
    }

    /// <summary>Answers with a text as it is, in either form.</summary>
    public void WriteText(string text) => output.Write(text);
}
