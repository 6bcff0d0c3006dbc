using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Marten;
using Npgsql;

namespace Monolith.Benchmarks.Gate;

/// <summary>What figures were measured on: processor, memory, disk, versions, and what the server does before it says that something is stored.</summary>
internal static class Machine
{
    // Names of folders are of no use to others, and languages and time zones change no figure.
    private const string Changed =
        """
        select coalesce(string_agg(name || ' ' || current_setting(name), ', ' order by name), 'none')
        from pg_settings
        where source in ('configuration file', 'command line', 'environment variable', 'database', 'user')
          and category not like '%Locale%'
          and category not like 'Reporting and Logging%'
          and (category not like 'Connections and Authentication%' or name = 'max_connections')
          and name not in ('fsync', 'synchronous_commit', 'cluster_name', 'TimeZone', 'DateStyle', 'application_name')
          and setting not like '%/%'
        """;

    public static async Task<string> Describe()
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024.0 * 1024 * 1024);
        var durability = await Benchmark.AskServer<string>(
            "select string_agg(name || ' ' || current_setting(name), ', ' order by name) from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'wal_sync_method')");
        var version = await Benchmark.AskServer<string>("select current_setting('server_version')");
        var (disk, changed) = (await Disk(), await Benchmark.AskServer<string>(Changed));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Processor()}, {Environment.ProcessorCount} cores, {memory:F0} GB, disk {disk}, {RuntimeInformation.OSDescription}, .NET {Environment.Version}, Npgsql {Version(typeof(NpgsqlConnection))}, Marten {Version(typeof(DocumentStore))}, PostgreSQL {version}: {durability}; set otherwise than by default: {changed}. Server and program share the machine.");
    }

    private static string Version(Type type) =>
        type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "?";

    private static string Processor()
    {
        const string Cpus = "/proc/cpuinfo";
        var line = File.Exists(Cpus) ? File.ReadLines(Cpus).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    // Of the server's data, where that lies on this machine.
    private static async Task<string> Disk()
    {
        var folder = await Benchmark.AskServer<string>("select current_setting('data_directory')");
        if (!Directory.Exists(folder))
        {
            return "of another machine";
        }

        var format = new DriveInfo(folder).DriveFormat;
        const string Mounts = "/proc/self/mounts";
        var device = !File.Exists(Mounts) ? null : File.ReadLines(Mounts)
            .Select(line => line.Split(' '))
            .Where(mount => folder.StartsWith(mount[1], StringComparison.Ordinal))
            .MaxBy(mount => mount[1].Length)?[0];
        return device?.StartsWith("/dev/", StringComparison.Ordinal) == true ? $"{Model(device["/dev/".Length..])}, {format}" : format;
    }

    private static string Model(string device)
    {
        var model = $"/sys/class/block/{device}/device/model";
        var turns = $"/sys/class/block/{device}/queue/rotational";
        return (File.Exists(model) ? File.ReadAllText(model).Trim() : device)
            + (File.Exists(turns) ? File.ReadAllText(turns).Trim() == "1" ? " (rotational)" : " (not rotational)" : "");
    }
}
