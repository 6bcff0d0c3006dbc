using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monolith.EventStore;
using Monolith.Hosting;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using Monolith.Users;
using Npgsql;

[assembly: AssemblyFixture(typeof(PostgresFixture))]

namespace Monolith.Webhooks.Tests.Hosts;

/// <summary>A running host with Users and Webhooks, and a receiver beside it. It may deliver to loopback.</summary>
public sealed class WebhooksHost(PostgresFixture postgres) : IAsyncLifetime
{
    private static readonly string[] Permissions = ["users:read", "users:write", "webhooks:read", "webhooks:write"];
    private static readonly Lazy<DevelopmentIssuer> Issuer = new(() => DevelopmentIssuer.Open());

    private readonly Lines lines = new();
    private readonly DirectoryInfo keys = Directory.CreateTempSubdirectory("monolith-keys-");
    private TestDatabase? database;
    private WebApplication? app;

    public Receiver Receiver { get; } = new();

    public TestDatabase Database => database!;

    public IServiceProvider Services => app!.Services;

    /// <summary>Everything that was logged.</summary>
    public string Log => string.Join('\n', lines.All);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private HttpClient Client { get; set; } = null!;

    public static WebApplication Build(string connectionString, string environment, ILoggerProvider? log, params string[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args =
            [
                "--Messages:PollingInterval=00:00:00.2", "--Webhooks:RetryAfter:0=00:00:00.1", "--Webhooks:RetryAfter:1=00:00:00.1", "--Webhooks:Timeout=00:00:02", .. settings,
            ],
            EnvironmentName = environment,
            ApplicationName = typeof(WebhooksHost).Assembly.GetName().Name,
        });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Debug);
        if (log is not null)
        {
            builder.Logging.AddProvider(log);
        }

        builder.Services.AddSingleton(NpgsqlDataSource.Create(ConnectionStrings.Tune(connectionString)));
        builder.AddMonolith(typeof(WebhooksHost).Assembly, new UsersModule(), new WebhooksModule());
        var built = builder.Build();
        built.UseMonolith();
        return built;
    }

    public async ValueTask InitializeAsync()
    {
        await Receiver.Start();
        database = await postgres.CreateDatabase(Ct);
        app = Build(database.ConnectionString, "Development", lines, "--Webhooks:AllowPrivateTargets=true", $"--Secrets:KeyFolder={keys.FullName}");
        await app.StartAsync(Ct);
        await Services.GetRequiredService<Tenants>().Add("acme", ct: Ct);
        await Services.GetRequiredService<Tenants>().Add("globex", ct: Ct);
        Client = new() { BaseAddress = new(app.Urls.First()) };
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        var dataSource = Services.GetRequiredService<NpgsqlDataSource>();
        await app!.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
        await dataSource.DisposeAsync();
        await database!.DisposeAsync();
        await Receiver.DisposeAsync();
        keys.Delete(recursive: true);
    }

    public async Task<(int Status, JsonNode? Body)> Send(HttpMethod method, string path, object? body = null, string tenant = "acme")
    {
        using var request = new HttpRequestMessage(method, path) { Headers = { Authorization = new("Bearer", Issuer.Value.Issue(tenant, "tester", Permissions)) }, Content = body is null ? null : JsonContent.Create(body) };
        using var answer = await Client.SendAsync(request, Ct);
        var text = await answer.Content.ReadAsStringAsync(Ct);
        return ((int)answer.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text));
    }

    /// <summary>Registers an endpoint at a path of the receiver; answers its place and its secret.</summary>
    public async Task<(string Place, string Secret)> Register(string path, string tenant = "acme", params string[] events)
    {
        var (status, body) = await Send(HttpMethod.Post, "/api/webhooks/endpoints", new { url = $"http://localhost:{Receiver.Port}{path}", events = events.Length == 0 ? ["users.*"] : events }, tenant);
        Assert.Equal(201, status);
        return ($"/api/webhooks/endpoints/{body!["id"]}", body["secret"]!.ToString());
    }

    /// <summary>Creates a user, of which endpoints are told.</summary>
    public async Task<string> NewUser(string tenant = "acme")
    {
        var name = "u" + Guid.NewGuid().ToString("N")[..12];
        var (status, body) = await Send(HttpMethod.Post, "/api/users", new { email = $"{name}@example.com", username = name, password = "correct horse battery" }, tenant);
        Assert.Equal(201, status);
        return body!["id"]!.ToString();
    }

    /// <summary>Waits until the delivery log of an endpoint is as wanted.</summary>
    public async Task<IReadOnlyList<JsonNode>> Deliveries(string place, Func<IReadOnlyList<JsonNode>, bool> wanted)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        deadline.CancelAfter(TimeSpan.FromSeconds(60));
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            var (_, body) = await Send(HttpMethod.Get, $"{place}/deliveries");
            var items = body!["items"]!.AsArray().Select(item => item!).ToList();
            if (wanted(items))
            {
                return items;
            }

            await again.WaitForNextTickAsync(deadline.Token);
        }
    }

    /// <summary>As if an endpoint had failed since then, or once failed when it is null; answers its id.</summary>
    public async Task<string> HasFailed(string place, string? since)
    {
        var id = place.Split('/')[^1];
        await Database.DataSource.Execute(
            $$"""
            insert into webhooks.mt_doc_endpointhealth (tenant_id, id, data, mt_last_modified, mt_version, mt_dotnet_type)
            values ('acme', '{{id}}', '{"id": "{{id}}", "failingSince": {{(since is null ? "null" : $"\"{since}\"")}}}', now(), '{{Guid.NewGuid()}}', '')
            """,
            Ct);
        return id;
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> All { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}

[CollectionDefinition(Name)]
public sealed class WebhooksHostCollection : ICollectionFixture<WebhooksHost>
{
    public const string Name = "webhooks host";
}
