using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Monolith.EmbeddedPostgres;

/// <summary>
/// A private PostgreSQL server on 127.0.0.1, for development and tests. Everyone who starts one in the same folder, in this process
/// or another, shares it; whoever disposes last stops it.
/// </summary>
/// <remarks>
/// When the host is killed the server lives on, and the next start takes it over. When the server is killed, the next start
/// recovers its data. All members are safe to use from several threads.
/// </remarks>
public sealed class EmbeddedPostgresServer : IAsyncDisposable
{
    private readonly SharedServer shared;
    private readonly ILogger logger;
    private int disposed;

    private EmbeddedPostgresServer(SharedServer shared, ILogger logger)
    {
        this.shared = shared;
        this.logger = logger;
        ConnectionString = ConnectionStringFor("postgres");
    }

    /// <summary>The TCP port on 127.0.0.1. It stays the same over <see cref="Crash"/> and <see cref="Restart"/>.</summary>
    public int Port => shared.Port;

    /// <summary>The connection string to the database <c>postgres</c> as superuser. It holds the password: keep it out of logs.</summary>
    public string ConnectionString { get; }

    /// <summary>The version of the binaries, for example <c>15.14</c>.</summary>
    public string Version => shared.Process.Binaries.Version;

    /// <summary>The folder with the data, the log and the locks.</summary>
    public string DataDirectory => shared.Process.Folder.Path;

    /// <summary>
    /// The folder with <c>postgres</c>, <c>initdb</c> and <c>pg_ctl</c>. An installed PostgreSQL usually has <c>psql</c> and
    /// <c>pg_dump</c> there too; a bundle has not.
    /// </summary>
    public string BinDirectory => shared.Process.Binaries.Directory;

    /// <summary>True when the server was running already and this start only joined it.</summary>
    public bool WasRunning => shared.WasRunning;

    /// <summary>Finds or fetches PostgreSQL, makes its data folder when absent and starts it, or joins the server that runs there.</summary>
    /// <param name="options">Which one, where and as whom.</param>
    /// <param name="logger">Told what was found, fetched and started.</param>
    /// <param name="ct">Stops the attempt; a server that was started for it is stopped again.</param>
    /// <exception cref="EmbeddedPostgresException">There is no PostgreSQL, or it did not start.</exception>
    /// <exception cref="ArgumentException">The options contradict each other.</exception>
    public static Task<EmbeddedPostgresServer> Start(EmbeddedPostgresOptions options, ILogger? logger = null, CancellationToken ct = default) =>
        Start(options, Sources.OfThisMachine, logger, ct);

    internal static async Task<EmbeddedPostgresServer> Start(
        EmbeddedPostgresOptions options, Sources sources, ILogger? logger, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        logger ??= NullLogger.Instance;
        try
        {
            return new(await SharedServer.Join(options, sources, logger, ct), logger);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new EmbeddedPostgresException($"The embedded PostgreSQL's files cannot be used by user {Environment.UserName}: {error.Message}", error);
        }
    }

    /// <summary>Creates the database when it is absent. Safe to call from several processes at once, and to repeat.</summary>
    /// <param name="name">The database's name, taken literally: at most 63 bytes in UTF-8.</param>
    /// <param name="ct">Stops the attempt.</param>
    /// <returns>The connection string to that database as superuser.</returns>
    /// <exception cref="NpgsqlException">The server does not answer.</exception>
    public async Task<string> EnsureDatabase(string name, CancellationToken ct = default)
    {
        const int LongestName = 63;
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Encoding.UTF8.GetByteCount(name), LongestName, nameof(name));
        await using var connection = await Login.Open(ConnectionString, ct);
        await using var find = new NpgsqlCommand("select from pg_database where datname = $1", connection) { Parameters = { new() { Value = name } } };
        await using (var row = await find.ExecuteReaderAsync(ct))
        {
            if (await row.ReadAsync(ct))
            {
                return ConnectionStringFor(name);
            }
        }

        try
        {
            await using var create = new NpgsqlCommand($"create database {Quote(name)}", connection);
            await create.ExecuteNonQueryAsync(ct);
        }
        catch (PostgresException race) when (race.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
        {
            logger.DatabaseWasThere(name);
        }

        return ConnectionStringFor(name);
    }

    /// <summary>Stops the server at once, as a crash would: no session ends in order and no checkpoint is written. For tests of failures.</summary>
    /// <param name="ct">Stops waiting for another process that starts or stops the server at this moment.</param>
    public Task Crash(CancellationToken ct = default)
    {
        ObjectDisposedException.ThrowIf(disposed == 1, this);
        return shared.Crash(ct);
    }

    /// <summary>Starts the server again on the same <see cref="Port"/>, after <see cref="Crash"/> or when it was killed. Safe to repeat.</summary>
    /// <param name="ct">Stops the attempt.</param>
    /// <exception cref="EmbeddedPostgresException">It did not start, for example because another program took the port.</exception>
    public Task Restart(CancellationToken ct = default)
    {
        ObjectDisposedException.ThrowIf(disposed == 1, this);
        return shared.Restart(ct);
    }

    /// <summary>
    /// Lets the server go, and stops it when nobody else uses it; an ephemeral one is deleted. Never throws: what could not be stopped
    /// or deleted is logged, and taken over or swept by the next start.
    /// </summary>
    /// <returns>When the server has stopped or is left to others.</returns>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            await shared.Leave();
        }
    }

    private static string Quote(string identifier) => new NpgsqlCommandBuilder().QuoteIdentifier(identifier);

    private string ConnectionStringFor(string database) => Login.ConnectionString(Port, shared.Process.Folder.Password!, database);
}
