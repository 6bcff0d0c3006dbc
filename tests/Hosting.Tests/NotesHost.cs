using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monolith.EventStore;
using Monolith.Hosting.Tests.Sample;
using Monolith.Testing;
using Npgsql;

namespace Monolith.Hosting.Tests;

/// <summary>A running host with the sample module, on a real port and a real database, with the tenants acme and globex.</summary>
public sealed class NotesHost(PostgresFixture postgres) : IAsyncLifetime
{
    private TestDatabase? database;
    private WebApplication? app;

    public TestDatabase Database => database!;

    public IServiceProvider Services => app!.Services;

    public LogLines Log { get; } = new();

    public HttpClient Client { get; private set; } = null!;

    /// <summary>What a host demands outside Development.</summary>
    public static string[] ProductionSettings { get; } =
    [
        "--Authentication:Authority=https://login.example.com", "--Authentication:Audience=notes",
        $"--Secrets:KeyFolder={Path.Combine(AppContext.BaseDirectory, "keys")}", $"--Secrets:CertificateFile={Certificate()}", "--Secrets:CertificatePassword=of-tests",
    ];

    public static WebApplication Build(string connectionString, string environment, LogLines? log = null, params string[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = ["--Messages:RetryAfter:0=00:00:00.05", "--Messages:RetryAfter:1=00:00:00.1", "--Messages:PollingInterval=00:00:00.2", .. settings],
            EnvironmentName = environment,
            ApplicationName = typeof(NotesHost).Assembly.GetName().Name,
        });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders().AddProvider(log ?? new());
        builder.Services.AddSingleton(NpgsqlDataSource.Create(ConnectionStrings.Tune(connectionString)));
        builder.AddMonolith(typeof(NotesHost).Assembly, new NotesModule());
        var built = builder.Build();
        built.UseMonolith();
        built.MapOpenApi();
        return built;
    }

    public async ValueTask InitializeAsync()
    {
        database = await postgres.CreateDatabase();
        app = Build(database.ConnectionString, "Development", Log);
        await app.StartAsync();
        var tenants = Services.GetRequiredService<Tenants>();
        await tenants.Add("acme");
        await tenants.Add("globex");
        Client = new() { BaseAddress = new(app.Urls.First()) };
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        var dataSource = Services.GetRequiredService<NpgsqlDataSource>();
        await app!.StopAsync();
        await app.DisposeAsync();
        await dataSource.DisposeAsync();
        await database!.DisposeAsync();
    }

    private static string Certificate()
    {
        var file = Path.Combine(AppContext.BaseDirectory, "secrets.pfx");
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=notes", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        File.WriteAllBytes(file, certificate.Export(X509ContentType.Pkcs12, "of-tests"));
        return file;
    }

    public Task<HttpResponseMessage> Send(HttpMethod method, string path, HttpContent? content = null, string? tenant = "acme", params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path) { Content = content };
        if (tenant is not null)
        {
            request.Headers.Authorization = Tokens.Bearer(tenant);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return Client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}

[CollectionDefinition(Name)]
public sealed class NotesHostCollection : ICollectionFixture<NotesHost>
{
    public const string Name = "notes host";
}
