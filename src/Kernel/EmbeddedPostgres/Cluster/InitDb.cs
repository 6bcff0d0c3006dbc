namespace Monolith.EmbeddedPostgres;

/// <summary>Makes a new cluster's data.</summary>
internal static class InitDb
{
    private const string Unfinished = "data.new-";

    /// <summary>
    /// Makes the data under another name and renames it, so that <c>data</c> is whole or absent. The name is new every time: an initdb
    /// that outlived its killed parent must not write into ours.
    /// </summary>
    public static async Task Run(ClusterFolder folder, PostgresBinaries binaries, ServerAccount account, CancellationToken ct)
    {
        if (Directory.Exists(folder.Data))
        {
            throw new EmbeddedPostgresException($"{folder.Data} holds no PG_VERSION, so it is no whole PostgreSQL data folder. Move it away.");
        }

        foreach (var leftover in Directory.EnumerateDirectories(folder.Path, Unfinished + "*"))
        {
            Directory.Delete(leftover, recursive: true);
        }

        var unfinished = folder.In(Unfinished + Guid.NewGuid().ToString("n"));
        Directory.CreateDirectory(unfinished);
        folder.WriteNewPassword();
        await account.TakeOver(ct, unfinished, folder.PasswordFile);
        var initdb = new Command(binaries.InitDb, [.. Arguments(folder, binaries.Major), "-D", unfinished])
        {
            WorkingDirectory = folder.Path,
            User = account.User,
            Timeout = TimeSpan.FromMinutes(5),
        };
        var answer = await initdb.Run(ct);
        if (!answer.Succeeded)
        {
            throw new EmbeddedPostgresException($"initdb failed in {folder.Path}: {answer.Output}{account.Hint(folder.Path)}");
        }

        Directory.Move(unfinished, folder.Data);
    }

    private static IEnumerable<string> Arguments(ClusterFolder folder, int major)
    {
        string[] arguments = ["-U", "postgres", "--auth=scram-sha-256", "--pwfile", folder.PasswordFile, "-E", "UTF8", "--no-instructions"];
        return [.. arguments, .. Locale(major), .. folder.Ephemeral ? ["--no-sync"] : Array.Empty<string>()];
    }

    /// <summary>
    /// Byte order for sorting with Unicode's letters. Plain <c>--locale=C</c> knows ASCII letters only: <c>lower('É')</c> would stay
    /// <c>É</c> and <c>ilike</c> would miss it.
    /// </summary>
    private static string[] Locale(int major) => major switch
    {
        >= 17 => ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
        _ when OperatingSystem.IsLinux() => ["--locale=C.UTF-8"],
        _ => ["--locale-provider=icu", "--icu-locale=und"],
    };
}
