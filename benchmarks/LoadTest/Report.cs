using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Npgsql;

namespace Monolith.LoadTest;

/// <summary>A line a second on the console, and at the end what was found, with the machine that it was found on.</summary>
internal sealed class Report(string title)
{
    private readonly StringBuilder text = new(string.Create(CultureInfo.InvariantCulture, $"# {title}\n\n{DateTimeOffset.UtcNow:yyyy-MM-dd}, "));

    public static void Line(FormattableString line) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow:HH:mm:ss}  {line.ToString(CultureInfo.InvariantCulture)}"));

    public async Task DescribeMachine(NpgsqlDataSource dataSource)
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024.0 * 1024 * 1024);
        var server = await LoadDatabase.Ask<string>(
            dataSource,
            "select 'PostgreSQL ' || current_setting('server_version') || ', fsync ' || current_setting('fsync') || ', synchronous_commit ' || current_setting('synchronous_commit')");
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"{Processor()}, {Environment.ProcessorCount} cores, {memory:F0} GB, {RuntimeInformation.OSDescription}, .NET {Environment.Version}, {server}. Server and program share the machine.\n");
    }

    public void Add(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));

    public async Task Write(string? file)
    {
        Console.WriteLine();
        Console.Write(text);
        if (file is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            await File.WriteAllTextAsync(file, text.ToString());
        }
    }

    private static string Processor()
    {
        const string Cpus = "/proc/cpuinfo";
        var line = File.Exists(Cpus) ? File.ReadLines(Cpus).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
