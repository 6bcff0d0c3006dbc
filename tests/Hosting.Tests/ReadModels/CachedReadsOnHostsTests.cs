using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Monolith.EventStore;
using Monolith.Testing;

namespace Monolith.Hosting.Tests.ReadModels;

/// <summary>Cached answers on two hosts, of which each projects some of the shards.</summary>
public sealed class CachedReadsOnHostsTests(PostgresFixture postgres)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("--ReadModels:CachedFor=00:10:00")]
    [InlineData("--ReadModels:CachedFor=00:00:00.1", "--EventStore:Notify=false")]
    public async Task A_change_shows_on_every_host_by_notice_or_when_the_time_is_up(params string[] settings)
    {
        await using var hosts = await Two(settings);
        foreach (var tenant in Tenants)
        {
            var path = await Write(hosts.One, tenant);
            await Shows(hosts.One, tenant, path, "text 0");
            await Shows(hosts.Other, tenant, path, "text 0");
            await Change(hosts.Other, tenant, path, "text 1");

            await Shows(hosts.One, tenant, path, "text 1");
            await Shows(hosts.Other, tenant, path, "text 1");
        }
    }

    [Fact]
    public async Task A_query_that_waits_for_a_position_is_never_answered_with_what_was_kept_before()
    {
        await using var hosts = await Two("--ReadModels:CachedFor=00:10:00", "--ReadModels:LongestWait=00:00:30");
        foreach (var tenant in Tenants)
        {
            var path = await Write(hosts.One, tenant);
            for (var change = 1; change <= 10; change++)
            {
                var position = await Change(hosts.One, tenant, path, $"text {change}");
                foreach (var client in (HttpClient[])[hosts.One, hosts.Other])
                {
                    using var _ = await Get(client, tenant, path);
                    using var answer = await Get(client, tenant, path, position);
                    Assert.Equal($"text {change}", await Text(answer));
                }
            }
        }
    }

    // Enough for both hosts to project some of them.
    private static IEnumerable<string> Tenants => Enumerable.Range(0, 6).Select(index => $"tenant-{index}");

    private async Task<Pair> Two(params string[] settings)
    {
        var database = await postgres.CreateDatabase(Ct);
        var pair = new Pair(
            database,
            NotesHost.Build(database.ConnectionString, "Development", settings: settings),
            NotesHost.Build(database.ConnectionString, "Development", settings: settings));
        await pair.Start();
        foreach (var tenant in Tenants)
        {
            await pair.Services.GetRequiredService<Tenants>().Add(tenant, ct: Ct);
        }

        return pair;
    }

    private static async Task<string> Write(HttpClient client, string tenant)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/notes") { Content = JsonContent.Create(new { title = "cached", text = "text 0" }) };
        request.Headers.Authorization = Tokens.Bearer(tenant);
        using var answer = await client.SendAsync(request, Ct);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return $"{answer.Headers.Location}/text";
    }

    private static async Task<string> Change(HttpClient client, string tenant, string path, string text)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = JsonContent.Create(new { text }) };
        request.Headers.Authorization = Tokens.Bearer(tenant);
        using var answer = await client.SendAsync(request, Ct);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return answer.Headers.GetValues("Monolith-Position").Single();
    }

    private static async Task<HttpResponseMessage> Get(HttpClient client, string tenant, string path, string? position = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = Tokens.Bearer(tenant);
        if (position is not null)
        {
            request.Headers.Add("Monolith-Position", position);
        }

        return await client.SendAsync(request, Ct);
    }

    private static async Task<string?> Text(HttpResponseMessage answer) =>
        answer.StatusCode == HttpStatusCode.OK ? (await answer.Content.ReadFromJsonAsync<JsonNode>(Ct))!["text"]!.GetValue<string>() : null;

    private static async Task Shows(HttpClient client, string tenant, string path, string text)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            using var answer = await Get(client, tenant, path);
            if (await Text(answer) == text)
            {
                return;
            }

            Assert.False(patience.IsCancellationRequested, string.Create(CultureInfo.InvariantCulture, $"{path} does not show '{text}' within {Patience}."));
        }
    }

    private sealed class Pair(TestDatabase database, WebApplication one, WebApplication other) : IAsyncDisposable
    {
        public HttpClient One { get; } = new();

        public HttpClient Other { get; } = new();

        public IServiceProvider Services => one.Services;

        public async Task Start()
        {
            await one.StartAsync(Ct);
            await other.StartAsync(Ct);
            (One.BaseAddress, Other.BaseAddress) = (new(one.Urls.First()), new(other.Urls.First()));
        }

        public async ValueTask DisposeAsync()
        {
            One.Dispose();
            Other.Dispose();
            foreach (var host in (WebApplication[])[one, other])
            {
                var dataSource = host.Services.GetRequiredService<Npgsql.NpgsqlDataSource>();
                await host.StopAsync(Ct);
                await host.DisposeAsync();
                await dataSource.DisposeAsync();
            }

            await database.DisposeAsync();
        }
    }
}
