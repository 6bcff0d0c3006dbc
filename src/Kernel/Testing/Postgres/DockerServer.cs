using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging.Abstractions;
using Testcontainers.PostgreSql;
using Xunit;

namespace Monolith.Testing;

/// <summary>PostgreSQL in a container that ends with the test process.</summary>
internal sealed class DockerServer : IAsyncDisposable
{
    private const string Image = "postgres:18";

    // Docker that is absent says so at once, but an endpoint that is there and silent would hold the caller for minutes.
    private static readonly TimeSpan TimeToAnswer = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TimeToPullAndStart = TimeSpan.FromMinutes(3);

    private readonly PostgreSqlContainer container;

    private DockerServer(PostgreSqlContainer container) => this.container = container;

    public string ConnectionString => container.GetConnectionString();

    /// <summary>A server in a container.</summary>
    /// <exception cref="Exception">Docker does not answer, or the container did not start.</exception>
    public static async Task<DockerServer> Start()
    {
        var described = await Task.Run(Describe).WaitAsync(TimeToAnswer);
        try
        {
            using var patience = new CancellationTokenSource(TimeToPullAndStart);
            await described.StartAsync(patience.Token);
            return new(described);
        }
        catch
        {
            await described.DisposeAsync();
            throw;
        }
    }

    /// <summary>A server in a container, or null for whatever reason there is none: another way to a server is tried then.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Every failure has the same answer.")]
    public static async Task<DockerServer?> StartOrNull()
    {
        try
        {
            return await Start();
        }
        catch (Exception problem)
        {
            TestContext.Current.SendDiagnosticMessage($"No PostgreSQL in Docker: {problem.Message}");
            return null;
        }
    }

    public ValueTask DisposeAsync() => container.DisposeAsync();

    private static PostgreSqlContainer Describe() => new PostgreSqlBuilder(Image)
        .WithLogger(NullLogger.Instance)
        .WithEnvironment("POSTGRES_INITDB_ARGS", "--locale-provider=builtin --builtin-locale=C.UTF-8 --auth-host=scram-sha-256")
        .WithCommand("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "timezone=UTC", "-c", "max_connections=200")
        .Build();
}
