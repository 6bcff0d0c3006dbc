using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using Monolith.EventStore;
using Npgsql;

namespace Monolith.LoadTest.Reporting;

/// <summary>This machine and this build in a sentence.</summary>
internal static class Machine
{
    private const double Gigabyte = 1024.0 * 1024 * 1024;
    private const int Writes = 100;
    private const int Page = 8192;

    public static string Describe()
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / Gigabyte;
        var disk = new DriveInfo(Path.GetTempPath());
        return FormattableString.Invariant(
            $"{Processor()}, {Environment.ProcessorCount} cores, {memory:F0} GB, disk {disk.DriveFormat} of {disk.TotalSize / Gigabyte:F0} GB ({Sync():F2} ms to write 8 kB through to it, median of {Writes}), {RuntimeInformation.OSDescription}, .NET {Environment.Version}, Monolith {Version(typeof(PostgresEventStore))}, Npgsql {Version(typeof(NpgsqlConnection))}.");
    }

    // What every commit waits for, without a database.
    private static double Sync()
    {
        var file = Path.Combine(Path.GetTempPath(), "monolith-load-test-sync-" + Environment.ProcessId);
        try
        {
            using var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            var page = new byte[Page];
            var times = new double[Writes];
            for (var i = 0; i < Writes; i++)
            {
                var started = Stopwatch.GetTimestamp();
                stream.Position = 0;
                stream.Write(page);
                stream.Flush(flushToDisk: true);
                times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            }

            Array.Sort(times);
            return times[Writes / 2];
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string Version(Type type)
    {
        var version = type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        var commit = version.IndexOf('+', StringComparison.Ordinal);
        return commit < 0 || commit + 8 > version.Length ? version : version[..(commit + 8)];
    }

    private static string Processor()
    {
        const string Cpus = "/proc/cpuinfo";
        var line = File.Exists(Cpus) ? File.ReadLines(Cpus).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
