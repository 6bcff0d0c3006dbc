using Alba;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monolith.EndToEnd.Tests.Commands;
using Monolith.EventStore;
using Monolith.EventStore.Projections;
using Monolith.Testing;

namespace Monolith.EndToEnd.Tests;

/// <summary>The real host with its real modules on a real database, answering through Alba. It has the tenants demo, which it makes itself, and acme.</summary>
public sealed class RunningHost(PostgresFixture postgres) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Warnings warnings = new();
    private TestDatabase? database;
    private IAlbaHost? host;

    /// <summary>What a test of its own sets otherwise, before it starts the host.</summary>
    public Dictionary<string, string> Settings { get; } = new(StringComparer.Ordinal);

    public TestDatabase Database => database!;

    public IServiceProvider Services => host!.Services;

    public async ValueTask InitializeAsync()
    {
        database = await StoreOfModules.CreateMigrated(postgres);
        host = await AlbaHost.For<Program>(web =>
        {
            web.UseEnvironment("Development");
            web.UseSetting("ConnectionStrings:Monolith", database.ConnectionString);

            // 200 passwords hashed at once may take the processors of a busy machine longer than the 30 s of a request.
            web.UseSetting("Http:RequestTimeout", "00:02:00");
            web.UseSetting("Accounts:TransferSweep", "00:00:01");
            web.UseSetting("Sampling:Every", "00:00:01");
            web.UseSetting("Webhooks:AllowPrivateTargets", "true");
            web.ConfigureLogging(logging => logging.ClearProviders().AddProvider(warnings));
            foreach (var (name, value) in Settings)
            {
                web.UseSetting(name, value);
            }
        });
        await Services.GetRequiredService<Tenants>().Add("acme");
    }

    public async ValueTask DisposeAsync()
    {
        await host!.DisposeAsync();
        await database!.DisposeAsync();
    }

    /// <summary>Sends a request; whatever the answer, it is the test's to judge.</summary>
    public async Task<Answer> Send(HttpRequestMessage request)
    {
        var result = await host!.Scenario(scenario =>
        {
            scenario.FromHttpRequestMessage(request);
            scenario.IgnoreStatusCode();
        });
        if (result.Context.Response.StatusCode >= 500)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(string.Join(Environment.NewLine, warnings.All.TakeLast(3)));
        }

        return new(result.Context.Response, await result.ReadAsTextAsync());
    }

    /// <summary>Waits until every read model holds everything that is stored now.</summary>
    public async Task CaughtUp() => await Services.GetRequiredService<ProjectionRunner>().WaitForAll(
        await Services.GetRequiredService<Feed>().Refresh(TestContext.Current.CancellationToken), Patience, TestContext.Current.CancellationToken);

    /// <summary>Waits until every read model holds what a write did.</summary>
    public async Task<Answer> Projected(Answer write)
    {
        await Services.GetRequiredService<ProjectionRunner>().WaitForAll(write.Position, Patience, TestContext.Current.CancellationToken);
        return write;
    }
}

[CollectionDefinition(Name)]
public sealed class RunningHostCollection : ICollectionFixture<RunningHost>
{
    public const string Name = "running host";
}
