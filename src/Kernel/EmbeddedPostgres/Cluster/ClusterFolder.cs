using System.Globalization;
using System.Security.Cryptography;

namespace Monolith.EmbeddedPostgres;

/// <summary>The folder of one server: the files in it, each written and read here only.</summary>
/// <remarks>
/// As root the folder itself stays root's and only <c>data</c>, <c>log</c> and <c>password</c> are given to the server's user, who
/// therefore cannot put a link in the way of what root writes here.
/// </remarks>
internal sealed record ClusterFolder(string Path, bool Ephemeral)
{
    public const string EphemeralPrefix = "monolith-postgres-";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Held exclusively by whoever initialises, starts or stops the server.</summary>
    public string Gate => In("gate.lock");

    /// <summary>Held shared by everyone who uses the server.</summary>
    public string Lease => In("lease.lock");

    public string Data => In("data");

    public string Log => In("log");

    public string PasswordFile => In("password");

    public string PostmasterPid => System.IO.Path.Combine(Data, "postmaster.pid");

    /// <summary>The major version that made the data; null when there is none yet.</summary>
    public int? Major => Read(System.IO.Path.Combine(Data, "PG_VERSION")) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    public int? LastPort
    {
        get => int.TryParse(Read(In("port")), CultureInfo.InvariantCulture, out var port) ? port : null;
        set => File.WriteAllText(In("port"), value?.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The user that the server was last started as; null when it never was.</summary>
    public string? User
    {
        get => Read(In("user"));
        set => File.WriteAllText(In("user"), value);
    }

    /// <summary>The port that the file of a running (or killed) server names: its fourth line.</summary>
    public int? RunningPort =>
        Read(PostmasterPid)?.Split('\n') is { Length: >= 4 } lines && int.TryParse(lines[3], CultureInfo.InvariantCulture, out var port)
            ? port
            : null;

    /// <summary>The superuser's password; null when the folder holds none.</summary>
    public string? Password => Read(PasswordFile);

    public static ClusterFolder At(string path)
    {
        var real = Folders.Real(path);
        if (File.Exists(System.IO.Path.Combine(real, "PG_VERSION")))
        {
            throw new EmbeddedPostgresException(
                $"{real} is itself the data folder of a PostgreSQL server. Name a folder of its own for the embedded server.");
        }

        Folders.Make(real);
        return new(real, Ephemeral: false);
    }

    /// <summary>A new temporary folder that the server's user may enter.</summary>
    public static ClusterFolder Temporary(ServerAccount account)
    {
        var inMemory = MemoryFileSystem.IsPreferred();
        var parent = Folders.ForTemporaries()
            .Where(folder => inMemory || folder != MemoryFileSystem.Folder)
            .First(folder => account.User is null || Folders.ClosedToOthers(folder) is null);
        var path = System.IO.Path.Combine(parent, EphemeralPrefix + RandomNumberGenerator.GetHexString(16, lowercase: true));
        Folders.Make(path);
        return new(path, Ephemeral: true);
    }

    public string In(string name) => System.IO.Path.Combine(Path, name);

    public string WriteNewPassword()
    {
        var password = RandomNumberGenerator.GetHexString(32, lowercase: true);
        WritePrivate(PasswordFile, password);
        return password;
    }

    /// <summary>Makes the log when absent, so that it can be given to the server's user, and empties it when it has grown large.</summary>
    public void PrepareLog()
    {
        const long Large = 16 << 20;
        if (!File.Exists(Log) || new FileInfo(Log).Length > Large)
        {
            WritePrivate(Log, "");
        }
    }

    /// <summary>The end of the server's log, for a message.</summary>
    public string LogTail()
    {
        const int Lines = 15;
        try
        {
            return string.Join(Environment.NewLine, File.ReadLines(Log).TakeLast(Lines));
        }
        catch (IOException error)
        {
            return error.Message;
        }
    }

    /// <summary>Deletes an ephemeral folder; false when it resists, in which case a later start sweeps it.</summary>
    public bool DeleteIfEphemeral()
    {
        try
        {
            if (Ephemeral && Directory.Exists(Path))
            {
                Directory.Delete(Path, recursive: true);
            }

            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static void WritePrivate(string path, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using var writer = new StreamWriter(path, options);
        writer.Write(text);
    }
}
