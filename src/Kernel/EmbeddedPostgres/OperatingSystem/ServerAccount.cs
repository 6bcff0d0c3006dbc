namespace Monolith.EmbeddedPostgres;

/// <summary>The user that the server runs as: this process's own, or another one when this process is root.</summary>
/// <param name="User">The other user's name; null: the user of this process.</param>
internal sealed record ServerAccount(string? User)
{
    public static ServerAccount Own { get; } = new((string?)null);

    /// <param name="configured">The user that it must be.</param>
    /// <param name="last">The user that the server last ran as, who has its files.</param>
    /// <param name="ct">Stops the attempt.</param>
    /// <exception cref="EmbeddedPostgresException">The configured user, or any user other than root, does not exist.</exception>
    public static async Task<ServerAccount> Choose(string? configured, string? last, CancellationToken ct)
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess)
        {
            return Own;
        }

        string?[] candidates = configured is null ? [last, "postgres", "nobody"] : [configured];
        foreach (var user in candidates.OfType<string>())
        {
            var id = await new Command("id", "-u", user) { WorkingDirectory = "/" }.Run(ct);
            if (id.Succeeded && id.Output != "0")
            {
                return new(user);
            }
        }

        throw new EmbeddedPostgresException(
            $"PostgreSQL refuses to run as root, and no other user was found (tried {string.Join(", ", candidates.OfType<string>())}). "
            + $"Name an existing one in {nameof(EmbeddedPostgresOptions.OperatingSystemUser)}.");
    }

    /// <summary>Gives files to the server's user. Does nothing when that is this process's own.</summary>
    public async Task TakeOver(CancellationToken ct, params IEnumerable<string> paths)
    {
        if (User is null)
        {
            return;
        }

        var chown = await new Command("chown", ["-Rh", $"{User}:", .. paths]) { WorkingDirectory = "/" }.Run(ct);
        if (!chown.Succeeded)
        {
            throw new EmbeddedPostgresException($"The files could not be given to user {User}: {chown.Output}");
        }
    }

    /// <summary>What may explain a failure of a program that ran as this user in that folder.</summary>
    public string Hint(string folder) =>
        User is not null && Folders.ClosedToOthers(folder) is { } closed
            ? $" It runs as user {User}, whom the mode of {closed} may keep out."
            : "";
}
