using System.Diagnostics;
using System.Net;
using Monolith.EndToEnd.Tests.Commands;
using Monolith.EndToEnd.Tests.Processes;
using Monolith.Testing;
using Npgsql;

namespace Monolith.EndToEnd.Tests.Security;

/// <summary>The built host as it runs in Production: a process of its own, an authority, a migrated database, the tenants demo and acme.</summary>
public sealed class ProductionHost(PostgresFixture postgres) : IAsyncLifetime
{
    private TestDatabase? database;
    private TestAuthority? authority;
    private HostProcess? process;

    public TestAuthority Authority => authority!;

    public HostProcess Process => process!;

    /// <summary>Sends no token by itself.</summary>
    public HttpClient Client { get; private set; } = null!;

    /// <summary>From the start of the process until it said that it was ready.</summary>
    public TimeSpan ReadyAfter { get; private set; }

    /// <summary>What the processors did for that, all of them together: it does not grow when others keep them busy.</summary>
    public TimeSpan ReadyWithProcessorTime { get; private set; }

    public async ValueTask InitializeAsync()
    {
        database = await StoreOfModules.CreateMigrated(postgres);
        authority = await TestAuthority.Start();
        (await HostCommand.Run(database.ConnectionString, "tenants", "add", "demo")).ShouldEnd(0);
        (await HostCommand.Run(database.ConnectionString, "tenants", "add", "acme")).ShouldEnd(0);

        var begin = Stopwatch.GetTimestamp();
        process = await HostProcess.Start(
            "Production",
            new Dictionary<string, string>(StringComparer.Ordinal) { ["SSL_CERT_FILE"] = authority.CertificateFile },
            [
                .. authority.Settings, $"--ConnectionStrings:Monolith={database.ConnectionString}",
                "--Http:RequestsPerSecond=1000000", "--Http:Burst=10000000", "--Logging:LogLevel:Microsoft.AspNetCore=Error",
            ]);
        Client = new(new SocketsHttpHandler { MaxConnectionsPerServer = 32, Expect100ContinueTimeout = TimeSpan.FromMinutes(1) }) { BaseAddress = process.Client.BaseAddress };
        using (var ready = await Client.GetAsync(new Uri("/health/ready", UriKind.Relative)))
        {
            Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        }

        ReadyAfter = Stopwatch.GetElapsedTime(begin);
        ReadyWithProcessorTime = process.ProcessorTime;
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        if (process is not null)
        {
            await process.DisposeAsync();
        }

        if (authority is not null)
        {
            await authority.DisposeAsync();
        }

        await database!.DisposeAsync();
    }

    /// <summary>Sends a request with a token, or with none.</summary>
    public async Task<(HttpResponseMessage Answer, string Text)> Send(HttpMethod method, string path, string? token, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        var answer = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        return (answer, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Everything that a request may have left behind, as one number.</summary>
    public async Task<long> CountStored()
    {
        await using var source = NpgsqlDataSource.Create(database!.ConnectionString);
        await using var command = source.CreateCommand(
            """
            select (select count(*) from eventstore.events) + (select count(*) from eventstore.claims) + (select count(*) from eventstore.tenants)
              + (select count(*) from wolverine.idempotent_requests) + (select count(*) from eventstore.projection_skipped)
            """);
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }
}

[CollectionDefinition(Name)]
public sealed class ProductionHostCollection : ICollectionFixture<ProductionHost>
{
    public const string Name = "production host";
}
