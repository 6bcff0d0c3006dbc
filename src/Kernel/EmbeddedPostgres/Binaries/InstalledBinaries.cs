using System.Globalization;
using System.Text.RegularExpressions;

namespace Monolith.EmbeddedPostgres;

/// <summary>Where installers put PostgreSQL.</summary>
internal static partial class InstalledBinaries
{
    /// <summary>
    /// The folders of this machine that hold the programs, in the order of preference: what the user named, what the shell would find,
    /// then the newest version of every usual place.
    /// </summary>
    public static IEnumerable<string> OnThisMachine()
    {
        var named = Environment.GetEnvironmentVariable("PGBIN") is { Length: > 0 } bin ? [bin] : Array.Empty<string>();
        return named.Concat(OnPath()).Concat(UsualPlaces()).Where(PostgresBinaries.AreIn).Select(Folders.Real).Distinct();
    }

    private static IEnumerable<string> OnPath()
    {
        var program = OperatingSystem.IsWindows() ? "postgres.exe" : "postgres";
        return (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(Path.IsPathRooted)
            .Select(directory => Path.Combine(directory, program))
            .Where(File.Exists)
            .Select(path => Path.GetDirectoryName(Folders.Real(path))!);
    }

    private static IEnumerable<string> UsualPlaces()
    {
        if (OperatingSystem.IsWindows())
        {
            return Newest(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "PostgreSQL"), "*", "bin");
        }

        return Newest("/usr/lib/postgresql", "*", "bin")
            .Concat(Newest("/usr", "pgsql-*", "bin"))
            .Concat(Newest("/opt/homebrew/opt", "postgresql@*", "bin"))
            .Concat(Newest("/usr/local/opt", "postgresql@*", "bin"))
            .Concat(Newest("/Library/PostgreSQL", "*", "bin"))
            .Concat(Newest("/Applications/Postgres.app/Contents/Versions", "*", "bin"));
    }

    private static IEnumerable<string> Newest(string folder, string pattern, string below) =>
        Directory.Exists(folder)
            ? Directory.EnumerateDirectories(folder, pattern)
                .OrderByDescending(path => int.TryParse(FirstNumber().Match(Path.GetFileName(path)).Value, CultureInfo.InvariantCulture, out var major) ? major : 0)
                .Select(path => Path.Combine(path, below))
            : [];

    [GeneratedRegex(@"\d+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FirstNumber();
}
