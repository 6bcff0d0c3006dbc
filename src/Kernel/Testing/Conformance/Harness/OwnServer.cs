using System.Diagnostics;
using Monolith.EmbeddedPostgres;
using Npgsql;
using Xunit;

namespace Monolith.Testing.Conformance;

/// <summary>
/// A server that belongs to one test class, which may stop and start it as it likes. What it has acknowledged survives its end, as in
/// production, and it takes prepared transactions. Without any PostgreSQL to run here, the tests that need it are skipped.
/// </summary>
public sealed class OwnServer : IAsyncLifetime
{
    private EmbeddedPostgresServer? server;
    private string whyNot = "";
    private int databases;

    /// <summary>The server.</summary>
    public EmbeddedPostgresServer Server
    {
        get
        {
            Assert.SkipWhen(server is null, whyNot);
            return server;
        }
    }

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        try
        {
            server = await EmbeddedPostgresServer.Start(new() { Ephemeral = true });
        }
        catch (EmbeddedPostgresException none)
        {
            whyNot = none.Message;
            return;
        }

        await using var dataSource = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(server.ConnectionString) { Pooling = false });
        await dataSource.Execute("alter system set max_prepared_transactions = 20", CancellationToken.None);
        await server.Crash();
        await server.Restart();
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (server is not null)
        {
            await server.DisposeAsync();
        }
    }

    /// <summary>An empty database in which a commit is on disk before it is acknowledged.</summary>
    public async Task<string> NewDatabase(CancellationToken ct)
    {
        var connectionString = await Server.EnsureDatabase($"own_{Interlocked.Increment(ref databases)}", ct);
        var name = new NpgsqlConnectionStringBuilder(connectionString).Database;
        await using var dataSource = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false });
        await dataSource.Execute($"alter database {name} set synchronous_commit = on", ct);
        return new NpgsqlConnectionStringBuilder(connectionString) { IncludeErrorDetail = true, MaxPoolSize = 30 }.ConnectionString;
    }

    /// <summary>Runs one of the server's own programs, such as <c>pg_dump</c>, against a database of it. Skips the test where there is none.</summary>
    public async Task Run(string program, string connectionString, string arguments, CancellationToken ct)
    {
        var path = Find(program);
        Assert.SkipWhen(path is null, $"There is no {program} here.");
        var target = new NpgsqlConnectionStringBuilder(connectionString);
        var start = new ProcessStartInfo(path, $"-h {target.Host} -p {target.Port} -U {target.Username} -d {target.Database} {arguments}")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["PGPASSWORD"] = target.Password;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(ct);
        var errors = await process.StandardError.ReadToEndAsync(ct);
        await output;
        await process.WaitForExitAsync(ct);
        Assert.True(process.ExitCode == 0, $"{program}: {errors}");
    }

    private string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Prepend(Server.BinDirectory)
        .SelectMany(folder => new[] { Path.Combine(folder, program), Path.Combine(folder, program + ".exe") })
        .FirstOrDefault(File.Exists);
}
