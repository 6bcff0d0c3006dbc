using System.Globalization;
using System.Text.RegularExpressions;

namespace Monolith.EmbeddedPostgres;

/// <summary>A folder with <c>postgres</c>, <c>initdb</c> and <c>pg_ctl</c> that the server's user can run.</summary>
/// <param name="Directory">Their folder, with links followed.</param>
/// <param name="Version">For example <c>15.14</c>.</param>
internal sealed partial record PostgresBinaries(string Directory, string Version)
{
    private static readonly string[] Needed = ["postgres", "initdb", "pg_ctl"];

    public int Major => int.Parse(LeadingDigits().Match(Version).Value, CultureInfo.InvariantCulture);

    public string Postgres => ProgramIn(Directory, "postgres");

    public string InitDb => ProgramIn(Directory, "initdb");

    public string PgCtl => ProgramIn(Directory, "pg_ctl");

    public static bool AreIn(string directory) => Needed.All(name => File.Exists(ProgramIn(directory, name)));

    /// <summary>Asks <c>postgres</c> for its version as the server's user, which also shows that this user may run it.</summary>
    /// <returns>The binaries, or null and why they are of no use.</returns>
    public static async Task<(PostgresBinaries? Binaries, string? Why)> Ask(string directory, ServerAccount account, CancellationToken ct)
    {
        var probe = new Command(ProgramIn(directory, "postgres"), "--version")
        {
            WorkingDirectory = Path.GetPathRoot(directory)!,
            User = account.User,
            Timeout = TimeSpan.FromSeconds(20),
        };
        var answer = await probe.Run(ct);
        var version = VersionInAnswer().Match(answer.Output);
        return answer.Succeeded && version.Success
            ? (new(directory, version.Groups["version"].Value), null)
            : (null, $"{directory}: {Explain(answer)}{account.Hint(directory)}");
    }

    private static string Explain(CommandResult answer)
    {
        const int DllNotFound = unchecked((int)0xC0000135);
        return answer.ExitCode == DllNotFound
            ? "postgres needs the Microsoft Visual C++ runtime, which is not installed."
            : $"postgres --version failed: {answer.Output}";
    }

    private static string ProgramIn(string directory, string name) =>
        Path.Combine(directory, OperatingSystem.IsWindows() ? name + ".exe" : name);

    [GeneratedRegex(@"\(PostgreSQL\) (?<version>\d\S*)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VersionInAnswer();

    [GeneratedRegex(@"^\d+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LeadingDigits();
}
