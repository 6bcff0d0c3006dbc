using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace Monolith.Host.Commands;

/// <summary>Writes what a command answers: lines and tables for people, or one JSON value for programs. Nothing else goes to the output.</summary>
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

    /// <summary>An answer in one of the two forms.</summary>
    public Answer(TextWriter output, TextWriter errors, bool json)
    {
        (this.output, this.errors, this.json) = (output, errors, json);
        tables = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(output) });
        Bars = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(errors) });
        if (Console.IsOutputRedirected)
        {
            tables.Profile.Width = WidthOfFiles;
        }
    }

    /// <summary>For bars that grow while work takes long, on the error output. Not for the JSON form.</summary>
    public IAnsiConsole Bars { get; }

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

    /// <summary>
    /// What people see of work that takes long: a line a second at most, on the error output, where it is in nobody's way. Programs see nothing of it.
    /// </summary>
    /// <param name="describe">How far it has come, in a few words.</param>
    public IProgress<T> Progress<T>(Func<T, string> describe) => new Lines<T>(json ? TextWriter.Null : errors, describe);

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

    /// <summary>Answers with a text as it is, in either form.</summary>
    public void WriteText(string text) => output.Write(text);
}
