using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Monolith.EventStore;
using Monolith.Testing;

namespace Monolith.Hosting.Tests.Http;

/// <summary>What a caller may ask of a host.</summary>
public sealed class LimitTests(PostgresFixture postgres)
{
    private const int AskedAtOnce = 30;

    private static readonly Uri Pin = new("/api/notes/pins/5a3c9a3e-7f3c-4b63-a7a5-000000000000", UriKind.Relative);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_tenant_that_asks_too_much_is_told_to_wait_and_the_others_are_not()
    {
        await using var database = await postgres.CreateDatabase(Ct);
        await using var app = await Start(database, "--Http:RequestsPerSecond=1", "--Http:Burst=3");
        using var acme = Client(app, "acme");
        var answers = await AtOnce(acme);
        Assert.InRange(answers.Count(answer => answer.StatusCode == HttpStatusCode.NotFound), 3, AskedAtOnce - 1);
        var refused = answers.First(answer => answer.StatusCode != HttpStatusCode.NotFound);
        await refused.AssertProblem(HttpStatusCode.TooManyRequests, "rate_limited");
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
        answers.ForEach(answer => answer.Dispose());
        using var globex = Client(app, "globex");
        using var other = await globex.GetAsync(Pin, Ct);
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
        using var health = await acme.GetAsync(new Uri("/health/ready", UriKind.Relative), Ct);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);

        using var nobody = new HttpClient { BaseAddress = new(app.Urls.First()) };
        answers = await AtOnce(nobody);
        Assert.Contains(answers, answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
        Assert.InRange(answers.Count(answer => answer.StatusCode == HttpStatusCode.Unauthorized), 3, AskedAtOnce - 1);
        answers.ForEach(answer => answer.Dispose());
        await app.StopAsync(Ct);
    }

    // One is let through a second: however slow the machine is, these are too many.
    private static async Task<List<HttpResponseMessage>> AtOnce(HttpClient client) =>
        [.. await Task.WhenAll(Enumerable.Range(0, AskedAtOnce).Select(_ => client.GetAsync(Pin, Ct)))];

    [Fact]
    public async Task A_request_that_takes_too_long_is_ended()
    {
        await using var database = await postgres.CreateDatabase(Ct);
        await using var app = await Start(database, "--Http:RequestTimeout=00:00:01");
        using var acme = Client(app, "acme");
        using var answer = await acme.PostAsync(new Uri("/api/notes/slow", UriKind.Relative), null, Ct);
        await answer.AssertProblem(HttpStatusCode.GatewayTimeout, "timed_out");
        await app.StopAsync(Ct);
    }

    [Theory]
    [InlineData("--Http:RequestsPerSecond=0", "RequestsPerSecond")]
    [InlineData("--Http:Burst=0", "Burst")]
    [InlineData("--Http:RequestTimeout=00:10:00", "RequestTimeout")]
    [InlineData("--Http:IdempotencyKeptFor=00:00:00", "IdempotencyKeptFor")]
    [InlineData("--Http:Limit=3", "Limit")]
    public void A_setting_out_of_range_is_named(string setting, string named) => Assert.Contains(
        named,
        Assert.Throws<InvalidSettingException>(() => NotesHost.Build("Host=localhost", "Development", log: null, setting)).Message,
        StringComparison.Ordinal);

    private static async Task<WebApplication> Start(TestDatabase database, params string[] settings)
    {
        var app = NotesHost.Build(database.ConnectionString, "Development", log: null, settings);
        await app.StartAsync(Ct);
        await app.Services.GetRequiredService<Tenants>().Add("acme", ct: Ct);
        await app.Services.GetRequiredService<Tenants>().Add("globex", ct: Ct);
        return app;
    }

    private static HttpClient Client(WebApplication app, string tenant) =>
        new() { BaseAddress = new(app.Urls.First()), DefaultRequestHeaders = { Authorization = Tokens.Bearer(tenant) } };
}
