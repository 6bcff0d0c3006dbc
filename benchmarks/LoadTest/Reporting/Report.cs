using System.Globalization;
using System.Text;
using System.Text.Json;
using Monolith.LoadTest.Arrivals;
using Npgsql;

namespace Monolith.LoadTest.Reporting;

/// <summary>A line a second on the console, and at the end what was found, with the machine that it was found on.</summary>
internal sealed class Report(string scenario, string title)
{
    private readonly StringBuilder text = new(string.Create(CultureInfo.InvariantCulture, $"# {title}\n\n{DateTimeOffset.UtcNow:yyyy-MM-dd}, "));
    private readonly SortedDictionary<string, object> results = new(StringComparer.Ordinal);

    public static void Line(FormattableString line) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow:HH:mm:ss}  {line.ToString(CultureInfo.InvariantCulture)}"));

    /// <summary>What it runs on; ends the run where a commit would not be durable.</summary>
    public async Task DescribeMachine(NpgsqlDataSource dataSource) =>
        text.Append(Machine.Describe()).Append(' ').AppendLine(await Server.Describe(dataSource)).AppendLine();

    /// <summary>The same where the server is another's.</summary>
    public void DescribeMachine(string other) => text.Append(Machine.Describe()).Append(' ').AppendLine(other).AppendLine();

    public void Add(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));

    public void AddPercentiles(IReadOnlyCollection<Meter> meters) => text.AppendLine(PercentileTable.Of(meters));

    /// <summary>One of the values of the line that is meant for programs.</summary>
    public void Result(string name, double value) => results[name] = Math.Round(value, 3);

    public string ResultLine() =>
        "RESULT " + JsonSerializer.Serialize(new[] { KeyValuePair.Create("scenario", (object)scenario) }.Concat(results).ToDictionary(value => value.Key, value => value.Value));

    public async Task Write(string? file)
    {
        Console.WriteLine();
        Console.Write(text);
        Console.WriteLine(ResultLine());
        if (file is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            await File.WriteAllTextAsync(file, text.ToString());
        }
    }
}
